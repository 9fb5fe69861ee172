import DockerAPI
import TestSupport
import Testing

@Suite struct TarTests {
    private func randomEntries(_ random: inout Seeded) -> [TarEntry] {
        (0..<Int.random(in: 0...12, using: &random)).map { _ in
            let parts = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                String((0..<Int.random(in: 1...20, using: &random)).map { _ in "abcé.-_ "[random.pick("abcé.-_ ")] })
            }
            let path = parts.map { $0 == "." || $0 == ".." ? "dots" : $0 }.joined(separator: "/")
            return TarEntry(
                path: path,
                Bool.random(using: &random) ? .directory : .file(random.bytes(0...1600)),
                mode: Int.random(in: 0...0o7777, using: &random), userID: Int.random(in: 0...70_000, using: &random),
                groupID: Int.random(in: 0...70_000, using: &random),
                modifiedSeconds: Int.random(in: 0...4_000_000_000, using: &random))
        }
    }

    @Test("what was written is what is read, byte for byte the same each time", arguments: 0..<300)
    func roundTrip(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        let entries = randomEntries(&random).filter { $0.path.utf8.count < 100 }
        let archive = try TarWriter.archive(entries)
        #expect(archive.count % 512 == 0)
        #expect(try TarReader().read(archive) == entries)
        #expect(try TarWriter.archive(entries) == archive)
    }

    @Test(
        "an archive that was damaged or cut is an error or other entries, never a crash or an unsafe path",
        arguments: 0..<500)
    func damage(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        var archive = try TarWriter.archive(randomEntries(&random).filter { $0.path.utf8.count < 100 })
        for _ in 0..<Int.random(in: 1...6, using: &random) where !archive.isEmpty {
            archive[Int.random(in: archive.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) {
            archive = Array(archive.prefix(Int.random(in: 0...archive.count, using: &random)))
        }
        let read = try? TarReader(maxBytes: 1 << 16, maxEntries: 20).read(archive)
        for entry in read ?? [] {
            #expect(!entry.path.hasPrefix("/") && !entry.path.split(separator: "/").contains(".."))
        }
    }

    @Test("random bytes are refused", arguments: 0..<200)
    func noise(seed: UInt64) {
        var random = Seeded(seed: seed)
        let bytes = random.bytes(513...3000)
        #expect(throws: TarError.self) { try TarReader().read(bytes) }
    }

    @Test(
        "paths that leave the directory are not written",
        arguments: ["", "/", "/etc/x", "../x", "a/../b", "a//b", "./a", "a/", "a\u{0}b"])
    func unsafePaths(path: String) {
        #expect(throws: TarError.self) { try TarWriter.archive([TarEntry(path: path, .directory, mode: 0o755)]) }
    }

    @Test("a long path is split between the two fields, one too long for both is refused")
    func longPaths() throws {
        let long =
            String(repeating: "a", count: 90) + "/" + String(repeating: "b", count: 60) + "/"
            + String(repeating: "c", count: 95)
        let entry = TarEntry(path: long, .file([1]), mode: 0o600)
        #expect(try TarReader().read(TarWriter.archive([entry])) == [entry])
        let tooLong = TarEntry(path: String(repeating: "a", count: 101), .file([]), mode: 0o600)
        #expect(throws: TarError.self) { try TarWriter.archive([tooLong]) }
    }

    @Test("numbers that do not fit are refused")
    func numbers() {
        for entry in [
            TarEntry(path: "a", .directory, mode: -1), TarEntry(path: "a", .directory, mode: 0, userID: 0o10_000_000),
        ] {
            #expect(throws: TarError.self) { try TarWriter.archive([entry]) }
        }
    }

    @Test("links, devices, `..` and absolute paths are refused when read, whatever else is right")
    func hostile() throws {
        let good = try TarWriter.archive([TarEntry(path: "aa/b", .file([]), mode: 0o600)])
        for (kind, code) in [
            (UInt8(ascii: "1"), TarError.Code.badKind), (50, .badKind), (51, .badKind), (76, .badKind),
        ] {
            var archive = good
            archive[156] = kind
            #expect(failure(archive) == code)
        }
        for name in ["../b", "/a/b", "a/.."] {
            var archive = good
            archive.replaceSubrange(0..<4, with: Array(name.utf8.prefix(4)))
            #expect(failure(archive) == .badPath)
        }
        var wrongSum = good
        wrongSum[0] = 120
        #expect(throws: TarError.self) { try TarReader().read(wrongSum) }
    }

    @Test("more bytes or entries than allowed are refused")
    func caps() throws {
        let entries = (0..<3).map { TarEntry(path: "f\($0)", .file([UInt8](repeating: 1, count: 100)), mode: 0o600) }
        let archive = try TarWriter.archive(entries)
        #expect(throws: TarError.self) { try TarReader(maxBytes: 299).read(archive) }
        #expect(throws: TarError.self) { try TarReader(maxEntries: 2).read(archive) }
        #expect(try TarReader(maxBytes: 300, maxEntries: 3).read(archive).count == 3)
    }

    /// Sets the checksum right and reads.
    private func failure(_ damaged: [UInt8]) -> TarError.Code? {
        var archive = damaged
        archive.replaceSubrange(148..<156, with: [UInt8](repeating: 32, count: 8))
        let sum = String(archive[..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        let field = String(repeating: "0", count: 6 - sum.count) + sum
        archive.replaceSubrange(148..<156, with: Array(field.utf8) + [0, 32])
        do throws(TarError) {
            _ = try TarReader().read(archive)
            return nil
        } catch {
            return error.code
        }
    }
}

extension Seeded {
    fileprivate mutating func pick(_ text: String) -> String.Index {
        text.indices.randomElement(using: &self) ?? text.startIndex
    }
}
