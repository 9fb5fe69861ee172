/// Takes the files of one directory out of an archive of a whole file system while it arrives, and says when none can
/// follow: an export is sorted, directory by directory. Links and devices elsewhere are passed over.
struct TarScanner {
    /// The files found, their paths below the directory.
    private(set) var entries: [TarEntry] = []
    /// Whether the directory itself was met.
    private(set) var isThere = false
    /// Whether nothing more of it can come.
    private(set) var isComplete = false

    private let directory: [Substring]
    private let maxBytes: Int
    private var pending: [UInt8] = []
    private var skipped = 0
    private var extended = TarReader.Extended()

    /// - Parameter directory: absolute.
    init(directory: String, maxBytes: Int = 8 << 20) {
        self.directory = TarScanner.parts(directory)
        self.maxBytes = maxBytes
    }

    /// Takes a piece of the archive.
    mutating func append(_ bytes: [UInt8]) throws(TarError) {
        pending += bytes
        while !isComplete, try step() {}
    }

    /// - Returns: whether there may be another entry among what is pending.
    private mutating func step() throws(TarError) -> Bool {
        if skipped > 0 {
            let passed = min(skipped, pending.count)
            pending.removeFirst(passed)
            skipped -= passed
        }
        guard skipped == 0, pending.count >= 512 else { return false }
        let header = pending[..<512]
        if header.allSatisfy({ $0 == 0 }) {
            isComplete = true
            return false
        }
        try TarReader.check(header)
        let kind = header[156]
        let ustarSize = try TarReader.number(header, at: 124, width: 12)
        let size = extended.size ?? ustarSize
        let isExtension = [UInt8(ascii: "x"), UInt8(ascii: "g")].contains(kind)
        let path = extended.path ?? TarScanner.path(header)
        let parts = TarScanner.parts(path)
        let isWanted = !isExtension && parts.count > directory.count && parts.starts(with: directory)
        guard isExtension || isWanted else {
            if parts == directory { isThere = true }
            isComplete = directory.lexicographicallyPrecedes(parts, by: TarScanner.isBefore) && parts != directory
            return pass(512 + (size + 511) / 512 * 512)
        }
        guard size <= maxBytes else { throw TarError(code: .tooLarge, detail: "\(size) bytes of \(path)") }
        guard pending.count >= 512 + size else { return false }
        let content = pending[512..<512 + size]
        if isExtension {
            if kind == UInt8(ascii: "x") { extended = try TarReader.Extended(content) }
            return skip(512 + (size + 511) / 512 * 512)
        }
        isThere = true
        let inside = parts.dropFirst(directory.count).joined(separator: "/")
        if let entry = try TarReader.entry(header, kind: kind, path: inside, content: content) { entries.append(entry) }
        return pass(512 + (size + 511) / 512 * 512)
    }

    private mutating func pass(_ count: Int) -> Bool {
        extended = TarReader.Extended()
        return skip(count)
    }

    private mutating func skip(_ count: Int) -> Bool {
        skipped = count
        return true
    }

    private static func path(_ header: ArraySlice<UInt8>) -> String {
        let prefix = TarReader.text(header, at: 345, width: 155)
        let name = TarReader.text(header, at: 0, width: 100)
        return prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    private static func parts(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    /// The engine sorts names by their bytes.
    private static func isBefore(_ one: Substring, _ other: Substring) -> Bool {
        one.utf8.lexicographicallyPrecedes(other.utf8)
    }
}
