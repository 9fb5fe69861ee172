/// Reads ustar archives as Docker writes them, and refuses everything that could leave the directory they are unpacked
/// in: absolute paths, `..`, links, devices.
///
/// Docker prefixes a PAX header (`x`) where a path or time does not fit; of its records only `path` and `size` count.
public struct TarReader: Sendable {
    /// Bytes of all files together.
    public var maxBytes: Int
    /// Entries.
    public var maxEntries: Int

    /// Makes a reader.
    public init(maxBytes: Int = 64 << 20, maxEntries: Int = 10_000) {
        self.maxBytes = maxBytes
        self.maxEntries = maxEntries
    }

    /// The entries of an archive, in its order. An entry for the directory itself (`./`) is left out.
    /// - Throws: `TarError`.
    public func read(_ archive: [UInt8]) throws(TarError) -> [TarEntry] {
        var entries: [TarEntry] = []
        var total = 0
        var offset = 0
        var extended = Extended()
        while true {
            guard offset + 512 <= archive.count else { throw TarError(code: .cut, detail: "no end of archive") }
            let header = archive[offset..<offset + 512]
            if header.allSatisfy({ $0 == 0 }) { return entries }
            try Self.check(header)
            let ustarSize = try Self.number(header, at: 124, width: 12)
            let size = extended.size ?? ustarSize
            guard size <= maxBytes - total else { throw TarError(code: .tooLarge, detail: "\(size) more bytes") }
            total += size
            offset += 512
            guard size <= archive.count - offset else { throw TarError(code: .cut, detail: "within an entry") }
            let content = archive[offset..<offset + size]
            offset += (size + 511) / 512 * 512
            let kind = header[header.startIndex + 156]
            if kind == UInt8(ascii: "x") {
                extended = try Extended(content)
                continue
            }
            if kind == UInt8(ascii: "g") { continue }
            if let entry = try Self.entry(header, kind: kind, path: extended.path, content: content) {
                guard entries.count < maxEntries else { throw TarError(code: .tooLarge, detail: "too many entries") }
                entries.append(entry)
            }
            extended = Extended()
        }
    }

    static func entry(
        _ header: ArraySlice<UInt8>, kind: UInt8, path given: String?, content: ArraySlice<UInt8>
    ) throws(TarError) -> TarEntry? {
        let isDirectory = kind == UInt8(ascii: "5")
        guard isDirectory || kind == UInt8(ascii: "0") || kind == 0 else {
            throw TarError(code: .badKind, detail: "type \(kind) of \(given ?? text(header, at: 0, width: 100))")
        }
        let prefix = text(header, at: 345, width: 155)
        let name = text(header, at: 0, width: 100)
        var path = given ?? (prefix.isEmpty ? name : "\(prefix)/\(name)")
        if path == "." || path == "./" { return nil }
        if path.hasPrefix("./") { path = String(path.dropFirst(2)) }
        if isDirectory, path.hasSuffix("/") { path = String(path.dropLast()) }
        guard TarEntry.isSafe(path) else { throw TarError(code: .badPath, detail: path) }
        if isDirectory, !content.isEmpty { throw TarError(code: .badNumber, detail: "a directory with content") }
        return TarEntry(
            path: path, isDirectory ? .directory : .file(Array(content)),
            mode: try number(header, at: 100, width: 8) & 0o7777, userID: try number(header, at: 108, width: 8),
            groupID: try number(header, at: 116, width: 8), modifiedSeconds: try number(header, at: 136, width: 12))
    }

    static func check(_ header: ArraySlice<UInt8>) throws(TarError) {
        let begin = header.startIndex
        var sum = header.reduce(0) { $0 + Int($1) }
        for index in begin + 148..<begin + 156 { sum += 32 - Int(header[index]) }
        guard try number(header, at: 148, width: 8) == sum else {
            throw TarError(code: .badChecksum, detail: "at offset \(begin)")
        }
    }

    static func text(_ header: ArraySlice<UInt8>, at offset: Int, width: Int) -> String {
        let begin = header.startIndex + offset
        return String(decoding: header[begin..<begin + width].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits, ended by NUL or blank.
    static func number(_ header: ArraySlice<UInt8>, at offset: Int, width: Int) throws(TarError) -> Int {
        let digits = text(header, at: offset, width: width).split(separator: " ").first ?? "0"
        guard digits.utf8.count <= 12, let number = Int(digits, radix: 8), number >= 0 else {
            throw TarError(code: .badNumber, detail: "field at \(offset)")
        }
        return number
    }

    /// The records of a PAX header that matter: `27 path=a/long/name\n`.
    struct Extended {
        var path: String?
        var size: Int?

        init() {}

        init(_ content: ArraySlice<UInt8>) throws(TarError) {
            var rest = content
            while !rest.isEmpty {
                let digits = rest.prefix { $0 != UInt8(ascii: " ") }
                guard digits.count < 8, let length = Int(String(decoding: digits, as: UTF8.self)),
                    length > digits.count + 1, length <= rest.count, rest[rest.startIndex + length - 1] == 10
                else { throw TarError(code: .badNumber, detail: "PAX record") }
                let record = rest.prefix(length - 1).dropFirst(digits.count + 1)
                rest = rest.dropFirst(length)
                let key = String(decoding: record.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
                let value = String(decoding: record.dropFirst(key.utf8.count + 1), as: UTF8.self)
                switch key {
                case "path": path = value
                case "size":
                    guard let number = Int(value), number >= 0 else {
                        throw TarError(code: .badNumber, detail: "PAX size \(value)")
                    }
                    size = number
                case _: break
                }
            }
        }
    }
}
