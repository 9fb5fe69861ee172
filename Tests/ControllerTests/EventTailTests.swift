import Foundation
import Testing

@testable import Controller

@Suite("The tail of the event log")
struct EventTailTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tail-\(UUID().uuidString)")
    private var path: String { folder.path + "/events.jsonl" }

    /// Runs a test with a folder of its own.
    private func withFolder(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body()
    }

    private func append(_ text: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
    }

    private func rotate() throws {
        try? FileManager.default.removeItem(atPath: path + ".1")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    }

    @Test("tells whole lines as they come, and half a line only when it is whole")
    func grows() throws {
        try withFolder {
            var lines: [String]
            var tail = EventTail(path: path)
            lines = tail.next()
            #expect(lines == [])
            try append("one\ntwo\nthr")
            lines = tail.next()
            #expect(lines == ["one", "two"])
            lines = tail.next()
            #expect(lines == [])
            try append("ee\n")
            lines = tail.next()
            #expect(lines == ["three"])
        }
    }

    @Test("finishes the old file when the log is rotated, and goes on with the new one")
    func rotates() throws {
        try withFolder {
            var lines: [String]
            try append("one\n")
            var tail = EventTail(path: path)
            lines = tail.newest(10)
            #expect(lines == ["one"])
            try append("two\n")
            try rotate()
            try append("three\n")
            lines = tail.next()
            #expect(lines == ["two", "three"])
            try append("four\n")
            lines = tail.next()
            #expect(lines == ["four"])
        }
    }

    @Test("shows the newest lines, from the rotated file, too, where the new one is short")
    func newest() throws {
        try withFolder {
            var lines: [String]
            try append("one\ntwo\n")
            try rotate()
            try append("three\n")
            var tail = EventTail(path: path)
            lines = tail.newest(2)
            #expect(lines == ["two", "three"])
            lines = tail.next()
            #expect(lines == [])
            var none = EventTail(path: path)
            lines = none.newest(0)
            #expect(lines == [])
            lines = none.next()
            #expect(lines == [])
        }
    }
}
