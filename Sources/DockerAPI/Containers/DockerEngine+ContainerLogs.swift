import HTTPTransport

extension DockerEngine {
    /// What a container wrote: `GET /containers/{id}/logs`.
    /// - Parameters:
    ///   - tail: only so many last lines; `nil` means all that the engine kept.
    ///   - follow: go on with what it writes from now on; the stream then ends with the container.
    ///   - since: only later lines.
    ///   - timestamps: each line begins with an RFC 3339 time and a space.
    ///   - hasTerminal: whether the container has a terminal; its log is then no frames.
    ///   - deadline: until the log begins.
    public func logs(
        _ reference: String, tail: Int? = 100, follow: Bool = false, since: DockerTime? = nil,
        timestamps: Bool = false, hasTerminal: Bool = false, deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> DockerOutputStream {
        let query: [(name: String, value: String?)] = [
            ("stdout", "1"), ("stderr", "1"), ("tail", tail.map(String.init)), ("follow", follow ? "1" : nil),
            ("timestamps", timestamps ? "1" : nil), ("since", since.map(\.unixText)),
        ]
        let call = call(.get, reference, "logs", query: query, to: "read the log of", deadline: deadline)
        let stream = try await open(call, idleLimit: follow ? nil : .seconds(10))
        return DockerOutputStream(stream: stream, isRaw: hasTerminal, call: call, maxFrameBytes: 1 << 20)
    }

    /// Attaches to a container with `hasInput`: `POST /containers/{id}/attach`. Its standard input ends when this
    /// connection ends: with the returned stream, or with this process, whatever ends it.
    /// - Parameter deadline: until it is attached.
    public func attach(_ reference: String, deadline: Duration = .seconds(5)) async throws(DockerError)
        -> DockerOutputStream
    {
        let query: [(name: String, value: String?)] = [("stream", "1"), ("stdin", "1"), ("stdout", "1")]
        let call = call(.post, reference, "attach", query: query, to: "attach to", deadline: deadline)
        return DockerOutputStream(stream: try await open(call), isRaw: false, call: call, maxFrameBytes: 1 << 20)
    }

    /// The last lines a container wrote, both outputs in the order they came; for a message to a person.
    public func logTail(
        _ reference: String, lines: Int = 20, maxBytes: Int = 64 << 10, deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> [String] {
        var bytes: [UInt8] = []
        for try await piece in try await logs(reference, tail: lines, deadline: deadline) where bytes.count < maxBytes {
            bytes += piece.bytes.prefix(maxBytes - bytes.count)
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension DockerTime {
    /// Docker's form for `since` and `until`: `1700000000.000000001`.
    var unixText: String {
        let digits = String(nanosecondsSince1970 % 1_000_000_000)
        let padded = String(repeating: "0", count: 9 - digits.count) + digits
        return "\(nanosecondsSince1970 / 1_000_000_000).\(padded)"
    }
}
