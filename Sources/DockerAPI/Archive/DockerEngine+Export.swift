import HTTPTransport

extension DockerEngine {
    /// The files of one directory in a container's own file system: `GET /containers/{id}/export`, read up to there.
    ///
    /// An export holds nothing of volumes and mounts none, so it endangers none, and the container may run, stand or be
    /// removed meanwhile: the engine keeps its layer until the export has ended (moby `daemon/export.go`).
    /// - Parameter directory: absolute, and not in a volume.
    /// - Returns: the files, their paths below the directory; nil when it does not exist.
    /// - Throws: `.conflict` while it is being removed; `.malformed` for links, or more than the bounds.
    public func exportedFiles(
        of directory: String, in reference: String, maxBytes: Int = 8 << 20, deadline: Duration = .seconds(10)
    ) async throws(DockerError) -> [TarEntry]? {
        let call = call(.get, reference, "export", to: "read files of", deadline: deadline)
        var scanner = TarScanner(directory: directory, maxBytes: maxBytes)
        var chunks = try await open(call, total: deadline).makeAsyncIterator()
        while !scanner.isComplete {
            let chunk: [UInt8]?
            do throws(HTTPError) {
                chunk = try await chunks.next()
            } catch {
                throw failed(call, error)
            }
            guard let chunk else { throw call.error(.malformed, "\(directory): the export was cut off") }
            do throws(TarError) {
                try scanner.append(chunk)
            } catch {
                throw call.error(.malformed, "\(directory): \(error)")
            }
        }
        return scanner.isThere ? scanner.entries : nil
    }
}
