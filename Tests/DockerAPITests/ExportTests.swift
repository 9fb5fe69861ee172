import Testing

@testable import DockerAPI

@Suite("One directory out of the export of a whole file system")
struct ExportTests {
    private static let wanted = [
        TarEntry(path: "etc/controller", .directory, mode: 0o700, userID: 999),
        TarEntry(path: "etc/controller/.written.json", .file(Array("{}".utf8)), mode: 0o444, userID: 999),
        TarEntry(path: "etc/controller/patroni.yml", .file(Array(repeating: 7, count: 1300)), mode: 0o400, userID: 999),
    ]

    private static func archive(_ directory: [TarEntry]) throws -> [UInt8] {
        try TarWriter.archive(
            [
                TarEntry(path: "boot", .directory, mode: 0o755),
                TarEntry(path: "boot/kernel", .file(Array(repeating: 1, count: 70_000)), mode: 0o644),
                TarEntry(path: "etc", .directory, mode: 0o755),
                TarEntry(path: "etc/console.conf", .file([1, 2, 3]), mode: 0o644),
            ] + directory + [
                TarEntry(path: "etc/controller-d", .file([9]), mode: 0o644),
                TarEntry(path: "etc/cron.d", .directory, mode: 0o755),
            ])
    }

    @Test("is found in pieces of any size, with its owners and modes, and nothing after it is waited for")
    func found() throws {
        let archive = try ExportTests.archive(ExportTests.wanted)
        for size in [1, 7, 512, 1000, 70_000, archive.count] {
            var scanner = TarScanner(directory: "/etc/controller")
            var begin = 0
            while begin < archive.count, !scanner.isComplete {
                try scanner.append(Array(archive[begin..<min(begin + size, archive.count)]))
                begin += size
            }
            #expect(scanner.isComplete && scanner.isThere)
            #expect(size > 1000 || begin < archive.count)
            #expect(scanner.entries.map(\.path) == [".written.json", "patroni.yml"])
            #expect(scanner.entries.map(\.content) == ExportTests.wanted.dropFirst().map(\.content))
            #expect(scanner.entries.map(\.mode) == [0o444, 0o400] && scanner.entries.allSatisfy { $0.userID == 999 })
        }
    }

    @Test("is known to be missing as soon as what comes after it is met; empty is not missing")
    func missing() throws {
        var scanner = TarScanner(directory: "/etc/controller")
        try scanner.append(try ExportTests.archive([]))
        #expect(scanner.isComplete && !scanner.isThere)
        scanner = TarScanner(directory: "/etc/controller")
        try scanner.append(try ExportTests.archive([ExportTests.wanted[0]]))
        #expect(scanner.isComplete && scanner.isThere && scanner.entries.isEmpty)
    }

    @Test("is not taken for complete when the export is cut off, nor when a link lies in it")
    func spoilt() throws {
        let archive = try ExportTests.archive(ExportTests.wanted)
        var scanner = TarScanner(directory: "/etc/controller")
        try scanner.append(Array(archive.prefix(archive.count - 4096)))
        #expect(!scanner.isComplete)
        var linked = try TarWriter.archive([TarEntry(path: "etc/controller/patroni.yml", .file([]), mode: 0o777)])
        // another type of entry, and its checksum
        linked[156] = UInt8(ascii: "2")
        let sum = linked[..<512].enumerated().reduce(0) {
            $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
        }
        let digits = String(sum, radix: 8)
        let field = String(repeating: "0", count: 6 - digits.count) + digits
        linked.replaceSubrange(148..<154, with: Array(field.utf8))
        scanner = TarScanner(directory: "/etc/controller")
        #expect(throws: TarError.self) { try scanner.append(linked) }
    }
}
