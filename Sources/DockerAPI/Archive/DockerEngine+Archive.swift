import FoundationEssentials
import HTTPTransport

extension DockerEngine {
    /// Unpacks a tar archive in a container, volumes included: `PUT /containers/{id}/archive`.
    /// - Parameters:
    ///   - archive: owners and modes are kept as it says.
    ///   - directory: an existing directory in the container.
    /// - Throws: `.notFound` for the directory; `.forbidden` for a read-only one; `.volumeAtRisk` where it could empty a
    ///   volume, as all verbs here do (`ArchiveGuard.swift`).
    public func putArchive(
        _ archive: [UInt8], in reference: String, at directory: String, deadline: Duration = .seconds(30)
    ) async throws(DockerError) {
        // A file must not silently replace a directory or the other way round.
        let query: [(name: String, value: String?)] = [("path", directory), ("noOverwriteDirNonDir", "true")]
        let call = call(.put, reference, "archive", query: query, to: "write files into", deadline: deadline)
        try await perform(call.sending(tar: archive))
    }

    /// Writes files into a container; see `putArchive`.
    public func putFiles(
        _ entries: [TarEntry], in reference: String, at directory: String, deadline: Duration = .seconds(30)
    ) async throws(DockerError) {
        let archive: [UInt8]
        do throws(TarError) {
            archive = try TarWriter.archive(entries)
        } catch {
            throw DockerError(
                .badParameter, attempted: "write files into container", object: reference, message: "\(error)")
        }
        try await putArchive(archive, in: reference, at: directory, deadline: deadline)
    }

    /// A file or directory of a container as a tar archive: `GET /containers/{id}/archive`.
    /// - Throws: `.notFound` for the path; `.volumeAtRisk`; `.malformed` beyond `HTTPLimits.maxBodyBytes`.
    public func archive(
        of path: String, in reference: String, deadline: Duration = .seconds(30)
    ) async throws(DockerError) -> [UInt8] {
        let call = call(.get, reference, "archive", query: [("path", path)], to: "read files of", deadline: deadline)
        return try await perform(call).body
    }

    /// The files below a path of a container; the first part of each path is the last part of `path`.
    /// - Throws: `.malformed` if there are links or more than the reader allows.
    public func files(
        of path: String, in reference: String, reader: TarReader = TarReader(), deadline: Duration = .seconds(30)
    ) async throws(DockerError) -> [TarEntry] {
        let bytes = try await archive(of: path, in: reference, deadline: deadline)
        do throws(TarError) {
            return try reader.read(bytes)
        } catch {
            throw DockerError(
                .malformed, attempted: "read files of container", object: reference, message: "\(path): \(error)")
        }
    }

    /// What is at a path of a container: `HEAD /containers/{id}/archive`.
    /// - Throws: `.notFound`, also for a path that does not exist.
    public func pathStatus(
        _ path: String, in reference: String, deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> DockerPathStatus {
        let call = call(
            .head, reference, "archive", query: [("path", path)], to: "look at files of", deadline: deadline)
        let response = try await perform(call)
        guard let text = response.headers["X-Docker-Container-Path-Stat"], let json = Data(base64Encoded: text) else {
            throw call.error(.malformed, "no X-Docker-Container-Path-Stat header", status: response.status)
        }
        return try Self.decode([UInt8](json), for: call)
    }
}
