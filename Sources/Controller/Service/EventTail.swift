import FoundationEssentials
import Glibc
import Model

/// Reads an event log as it grows; when it is rotated it finishes the old file and goes on with the new one.
struct EventTail {
    private let path: String
    private var descriptor: Int32
    private var rest: [UInt8] = []

    init(path: String) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
    }

    /// The newest lines of what is there, from the rotated file too when the current one is short.
    mutating func newest(_ count: Int) -> [String] {
        let before = FileManager.default.contents(atPath: path + ".1").map { Array($0) } ?? []
        let lines = EventTail.lines(before) + next()
        return Array(lines.suffix(max(0, count)))
    }

    /// The newest events of a log, oldest first, without following it.
    static func newest(_ count: Int, of path: String) -> [Event] {
        let lines = ["\(path).1", path].flatMap { EventTail.end(of: $0) }
        return lines.suffix(count).compactMap { try? JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
    }

    /// The last lines of a file, of which the first may be cut off.
    private static func end(of path: String) -> [String] {
        let length = 262_144
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return [] }
        lseek(descriptor, max(0, Int(status.st_size) - length), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: length)
        let count = Glibc.read(descriptor, &bytes, length)
        return count > 0 ? lines(Array(bytes[..<count])) : []
    }

    /// What came since the last call.
    mutating func next() -> [String] {
        if descriptor < 0 {
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return [] }
        }
        var lines = read()
        if isRotated {
            lines += read()
            close(descriptor)
            rest = []
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            if descriptor >= 0 { lines += read() }
        }
        return lines
    }

    private var isRotated: Bool {
        var own = stat()
        var current = stat()
        guard fstat(descriptor, &own) == 0, stat(path, &current) == 0 else { return false }
        return own.st_ino != current.st_ino
    }

    private mutating func read() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            rest += buffer[..<count]
        }
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let complete = Array(rest[...end])
        rest = Array(rest[rest.index(after: end)...])
        return EventTail.lines(complete)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
