import DockerAPI
import HTTPTransport
public import Model

/// A line that a container wrote, with the engine's time of it.
public struct LogLine: Sendable, Hashable, Codable {
    /// RFC 3339 in UTC, with nine decimals: sorts as text, too. Empty where the engine gave none.
    public var time: String
    /// The container's name.
    public var container: String
    /// What was written, without the end of the line.
    public var line: String

    /// A line.
    public init(time: String, container: String, line: String) {
        (self.time, self.container, self.line) = (time, container, line)
    }

    /// A line as the engine gives it: its time, a space, the text.
    init(_ bytes: [UInt8], of container: ContainerName) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        self.container = container.text
        if let first = parts.first, let time = DockerTime(String(first)) {
            (self.time, line) = (time.description, parts.count > 1 ? String(parts[1]) : "")
        } else {
            (time, line) = ("", text)
        }
    }
}

extension LiveWorld {
    /// The containers of a cluster, those of its supervisors too, by name.
    /// - Parameter part: only those that are this part of it; nil for all.
    public func containerNames(of cluster: ClusterName, only part: Component? = nil) async throws -> [ContainerName] {
        try await containers(with: (Label.cluster, cluster.text))
            .filter { $0.labels[Label.component] != Component.reader.rawValue }
            .filter { part == nil || $0.labels[Label.component] == part?.rawValue }
            .map { ContainerName($0.name) }.sorted()
    }

    /// What containers have written, in the order of time over all of them; then what they write from now on.
    /// - Parameters:
    ///   - last: how many of the newest lines of each container; nil for all.
    ///   - since: nothing from before.
    ///   - follow: goes on until the task is cancelled.
    public func logs(
        of names: [ContainerName], last: Int?, since: Timestamp?, follow: Bool,
        _ line: @escaping @Sendable (LogLine) -> Void
    ) async throws {
        let begin = since.map { DockerTime(nanosecondsSince1970: $0.microseconds * 1000) }
        let known = try await withThrowingTaskGroup(of: [LogLine].self) { group in
            for name in names {
                group.addTask {
                    let lines = LineCollector()
                    try await read(name, tail: last, since: begin, follow: false) { lines.add($0) }
                    return lines.all
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        // a stable order where two have the same time
        for known in known.sorted(by: { ($0.time, $0.container) < ($1.time, $1.container) }) { line(known) }
        guard follow else { return }
        let newest = Dictionary(known.map { ($0.container, $0.time) }, uniquingKeysWith: max)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                let told = newest[name.text] ?? ""
                group.addTask {
                    try await read(name, tail: told.isEmpty ? 0 : nil, since: DockerTime(told), follow: true) {
                        if $0.time > told { line($0) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func read(
        _ name: ContainerName, tail: Int?, since: DockerTime?, follow: Bool, _ line: (LogLine) -> Void
    ) async throws {
        var splitter = LineSplitter()
        let stream = try await docker.logs(name.text, tail: tail, follow: follow, since: since, timestamps: true)
        for try await piece in stream {
            for text in try splitter.append(piece.bytes) { line(LogLine(text, of: name)) }
        }
    }
}

/// Lines of one container; used by one task alone.
private final class LineCollector {
    private(set) var all: [LogLine] = []
    func add(_ line: LogLine) { all.append(line) }
}
