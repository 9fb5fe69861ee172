import FoundationEssentials
public import Model

/// The append-only log of JSON lines, rotated by size; losing the disk never stops the controller (fault K10).
public actor EventLog {
    private let path: String
    private let limitBytes: Int
    private let generations: Int
    private let encoder = JSONEncoder()
    private var handle: AppendOnlyFile?

    /// A log at a path: `path`, and rotated ones as `path.1`, `path.2`, …
    public init(path: String, limitBytes: Int = 8 << 20, generations: Int = 4) {
        self.path = path
        self.limitBytes = limitBytes
        self.generations = generations
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// Appends lines; returns a description of the trouble when the disk refuses them.
    @discardableResult
    public func append(_ events: [Event]) -> String? {
        guard !events.isEmpty else { return nil }
        var text: [UInt8] = []
        for event in events {
            guard let line = try? encoder.encode(event) else { continue }
            text += line
            text.append(UInt8(ascii: "\n"))
        }
        do {
            if handle == nil { handle = try AppendOnlyFile(appendingTo: path) }
            try handle?.write(text)
            if let size = handle?.size, size > limitBytes { try rotate() }
            return nil
        } catch {
            handle = nil
            return "\(error)"
        }
    }

    private func rotate() throws {
        handle = nil
        for generation in stride(from: generations - 1, through: 1, by: -1) {
            AppendOnlyFile.move(from: "\(path).\(generation)", to: "\(path).\(generation + 1)")
        }
        AppendOnlyFile.move(from: path, to: "\(path).1")
        handle = try AppendOnlyFile(appendingTo: path)
    }
}
