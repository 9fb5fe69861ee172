/// Writes ustar archives (POSIX.1-1988), byte for byte the same for the same entries.
public struct TarWriter: Sendable {
    private var bytes: [UInt8] = []

    /// Makes an empty archive.
    public init() {}

    /// The archive of these entries, in this order.
    /// - Throws: `.badPath`, `.badNumber`.
    public static func archive(_ entries: [TarEntry]) throws(TarError) -> [UInt8] {
        var writer = TarWriter()
        for entry in entries { try writer.append(entry) }
        return writer.finish()
    }

    /// Adds an entry.
    /// - Throws: `.badPath`, `.badNumber`; nothing was added then.
    public mutating func append(_ entry: TarEntry) throws(TarError) {
        let content = entry.content
        let isDirectory = entry.kind == .directory
        guard TarEntry.isSafe(entry.path) else { throw TarError(code: .badPath, detail: entry.path) }
        let (prefix, name) = try Self.split(entry.path + (isDirectory ? "/" : ""))
        var header = [UInt8](repeating: 0, count: 512)
        Self.put(Array(name.utf8), at: 0, in: &header)
        try Self.put(entry.mode, width: 8, at: 100, in: &header, of: entry)
        try Self.put(entry.userID, width: 8, at: 108, in: &header, of: entry)
        try Self.put(entry.groupID, width: 8, at: 116, in: &header, of: entry)
        try Self.put(content.count, width: 12, at: 124, in: &header, of: entry)
        try Self.put(entry.modifiedSeconds, width: 12, at: 136, in: &header, of: entry)
        header[156] = UInt8(ascii: isDirectory ? "5" : "0")
        Self.put(Array("ustar\u{0}00".utf8), at: 257, in: &header)
        Self.put(Array(prefix.utf8), at: 345, in: &header)
        // The checksum counts its own field as blanks; it ends with NUL and a blank.
        let sum = header.reduce(8 * 32) { $0 + Int($1) }
        Self.put(Array(Self.octal(sum, digits: 6).utf8) + [0, 32], at: 148, in: &header)
        bytes += header
        bytes += content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// The archive, with the two empty blocks that end it.
    public consuming func finish() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// A path of up to 100 bytes is the name; a longer one is cut at a slash, up to 155 bytes before and 100 after it.
    private static func split(_ path: String) throws(TarError) -> (prefix: String, name: String) {
        let bytes = Array(path.utf8)
        if bytes.count <= 100 { return ("", path) }
        let cut = bytes.indices.first { index in
            bytes[index] == UInt8(ascii: "/") && index <= 155 && index > 0
                && (1...100).contains(bytes.count - index - 1)
        }
        guard let cut else { throw TarError(code: .badPath, detail: path) }
        return (String(decoding: bytes[..<cut], as: UTF8.self), String(decoding: bytes[(cut + 1)...], as: UTF8.self))
    }

    private static func put(_ field: [UInt8], at offset: Int, in header: inout [UInt8]) {
        header.replaceSubrange(offset..<offset + field.count, with: field)
    }

    /// Octal digits and a NUL.
    private static func put(
        _ number: Int, width: Int, at offset: Int, in header: inout [UInt8], of entry: TarEntry
    ) throws(TarError) {
        guard number >= 0, number >> (3 * (width - 1)) == 0 else {
            throw TarError(code: .badNumber, detail: "\(number) of \(entry.path)")
        }
        put(Array(octal(number, digits: width - 1).utf8), at: offset, in: &header)
    }

    private static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
