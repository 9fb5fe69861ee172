/// One WAL segment file of a server that does not run, read to the end of what was written to it.
///
/// Pages and records as in `src/include/access/xlog_internal.h` and `xlogrecord.h`, little endian, with PostgreSQL's
/// own rules for where WAL ends (`xlogreader.c`): a page that is not the one of this place, a record that does not
/// name the one before it, or whose CRC-32C is wrong. Recycled files hold older pages, and old records behind new ones.
struct WALSegment {
    /// The size `initdb` gives; other sizes are not read.
    static let size = 16 << 20
    private static let pageSize = 8192
    private static let recordHeader = 24

    /// Which segment it is, counted from the beginning of all WAL.
    let number: Int64
    private let bytes: [UInt8]

    /// A segment; nil when the file does not hold this segment's WAL.
    init?(_ bytes: [UInt8], number: Int64) {
        self.bytes = bytes
        self.number = number
        guard bytes.count == WALSegment.size, page(at: 0) != nil else { return nil }
    }

    /// The name of a segment's file.
    static func name(timeline: Int64, number: Int64) -> String {
        // 256 segments of 16 MiB are one "log" of 4 GiB
        hex(timeline) + hex(number / 256) + hex(number % 256)
    }

    static func hex(_ value: Int64) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// Its first byte's position in all WAL.
    var start: Int64 { number * Int64(WALSegment.size) }

    /// The end of its last whole record, as PostgreSQL would tell the position.
    func end() -> Int64 {
        guard let first = page(at: 0) else { return start }
        var offset = first.length
        if first.continues {
            guard let rest = read(first.remaining, at: offset) else { return start }
            offset = WALSegment.aligned(rest.end)
        }
        var end = first.continues ? offset : 0
        var previous: Int64?
        while offset < WALSegment.size {
            if offset % WALSegment.pageSize == 0 {
                guard let page = page(at: offset), !page.continues else { break }
                offset += page.length
            }
            if let next = record(at: offset, after: previous) {
                previous = start + Int64(offset)
                offset = WALSegment.aligned(next)
                end = offset
            } else if let next = overwrite(after: offset) {
                offset = next
            } else {
                break
            }
        }
        return start + Int64(end)
    }

    private static func aligned(_ offset: Int) -> Int { (offset + 7) / 8 * 8 }

    /// Where a record ends that is whole and follows the previous one.
    private func record(at offset: Int, after previous: Int64?) -> Int? {
        // a record begins at a multiple of 8, so that its length is never split
        let length = Int(integer(at: offset, 4))
        guard length >= WALSegment.recordHeader, let (content, end) = read(length, at: offset) else { return nil }
        let link = (0..<8).reversed().reduce(0) { $0 << 8 | Int64(content[8 + $1]) }
        if let previous, link != previous { return nil }
        let sum = (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(content[20 + $1]) }
        let isWhole = CRC32C.sum(content[WALSegment.recordHeader...], content[..<20]) == sum
        return isWhole ? end : nil
    }

    /// The page on which a server went on after a crash, in the middle of a record that it never finished.
    private func overwrite(after offset: Int) -> Int? {
        var next = (offset / WALSegment.pageSize + 1) * WALSegment.pageSize
        while next < WALSegment.size, let page = page(at: next) {
            if page.overwrites { return next }
            guard page.continues else { return nil }
            next += WALSegment.pageSize
        }
        return nil
    }

    /// So many bytes without the page headers between them, and where they end; nil when they do not go on.
    private func read(_ count: Int, at start: Int) -> (content: [UInt8], end: Int)? {
        var content: [UInt8] = []
        var (offset, left) = (start, count)
        while left > 0 {
            if offset % WALSegment.pageSize == 0 {
                guard offset < WALSegment.size, let page = page(at: offset), page.continues else { return nil }
                offset += page.length
            }
            let end = min(offset + left, (offset / WALSegment.pageSize + 1) * WALSegment.pageSize)
            content += bytes[offset..<end]
            left -= end - offset
            offset = end
        }
        return (content, offset)
    }

    private struct Page {
        var length: Int
        var continues: Bool
        var overwrites: Bool
        var remaining: Int
    }

    /// A page's header (`XLogPageHeaderData`); nil when it is not the page of this place.
    private func page(at offset: Int) -> Page? {
        let address = Int64(bitPattern: integer(at: offset + 8, 8))
        guard integer(at: offset, 2) != 0, address == start + Int64(offset) else { return nil }
        let flags = integer(at: offset + 2, 2)
        return Page(
            length: flags & 2 != 0 ? 40 : 24, continues: flags & 1 != 0, overwrites: flags & 8 != 0,
            remaining: Int(integer(at: offset + 16, 4)))
    }

    private func integer(at offset: Int, _ length: Int) -> UInt64 {
        (0..<length).reversed().reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) }
    }
}

/// The checksum of WAL records (Castagnoli's polynomial).
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    /// Over several pieces, one after the other.
    static func sum(_ pieces: ArraySlice<UInt8>...) -> UInt32 {
        var value: UInt32 = 0xFFFF_FFFF
        for piece in pieces {
            for byte in piece { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
        }
        return value ^ 0xFFFF_FFFF
    }
}
