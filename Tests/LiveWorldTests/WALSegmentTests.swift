import Testing

@testable import LiveWorld

/// WAL as a server writes it, in one segment file.
private struct Scribe {
    static let number: Int64 = 5
    var bytes = [UInt8](repeating: 0, count: WALSegment.size)
    var offset = 0
    var previous: Int64 = 77

    var position: Int64 { Scribe.number * Int64(WALSegment.size) + Int64(offset) }

    private mutating func put(_ value: Int64, at offset: Int, _ length: Int) {
        for index in 0..<length { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * Int64(index))) }
    }

    mutating func page(_ flags: Int64 = 0, remaining: Int = 0, address: Int64? = nil) {
        put(0xD118, at: offset, 2)
        put(flags | (offset == 0 ? 2 : 0), at: offset + 2, 2)
        put(1, at: offset + 4, 4)
        put(address ?? position, at: offset + 8, 8)
        put(Int64(remaining), at: offset + 16, 4)
        offset += offset == 0 ? 40 : 24
    }

    /// A record with so much payload; `cut` leaves its last bytes out.
    mutating func record(_ payload: Int, link: Int64? = nil, cut: Int = 0) {
        if offset % 8192 == 0 { page() }
        var content = [UInt8](repeating: 0, count: 24 + payload)
        func put(_ value: Int64, at place: Int, _ length: Int) {
            for index in 0..<length { content[place + index] = UInt8(truncatingIfNeeded: value >> (8 * Int64(index))) }
        }
        put(Int64(content.count), at: 0, 4)
        put(link ?? previous, at: 8, 8)
        for index in 24..<content.count { content[index] = UInt8(truncatingIfNeeded: index * 7) }
        put(Int64(CRC32C.sum(content[24...], content[..<20])), at: 20, 4)
        previous = position
        for (index, byte) in content.dropLast(cut).enumerated() {
            if offset % 8192 == 0 { page(1, remaining: content.count - index) }
            bytes[offset] = byte
            offset += 1
        }
        if cut == 0 { offset = (offset + 7) / 8 * 8 }
    }

    var end: Int64? { WALSegment(bytes, number: Scribe.number)?.end() }
}

@Suite("The end of WAL")
struct WALSegmentTests {
    @Test("is behind the last whole record, over pages")
    func whole() {
        var scribe = Scribe()
        for size in [10, 300, 20_000, 7, 8150, 8192, 40] { scribe.record(size) }
        #expect(scribe.end == scribe.position)
        // a file that is full to its last byte
        while scribe.offset < WALSegment.size - 9000 { scribe.record(4000) }
        #expect(scribe.end == scribe.position)
    }

    @Test("leaves out a record of which the last bytes are missing, or are others")
    func torn() {
        for cut in [1, 100, 9000] {
            var scribe = Scribe()
            scribe.record(500)
            let whole = scribe.position
            scribe.record(10_000, cut: cut)
            #expect(scribe.end == whole)
        }
        var scribe = Scribe()
        scribe.record(500)
        let whole = scribe.position
        scribe.record(100)
        scribe.bytes[scribe.offset - 12] ^= 1
        #expect(scribe.end == whole)
    }

    @Test("does not run into older records of a recycled file, though each is whole")
    func recycled() {
        var scribe = Scribe()
        scribe.record(500)
        scribe.record(700)
        let end = scribe.position
        scribe.record(300, link: 4711)
        #expect(scribe.end == end)
        scribe = Scribe()
        scribe.page(address: 4711)
        #expect(WALSegment(scribe.bytes, number: Scribe.number) == nil)
    }

    @Test("goes on behind a record that a crash cut off and the server then wrote over")
    func overwritten() {
        var scribe = Scribe()
        scribe.record(500)
        let last = scribe.previous
        scribe.record(20_000, cut: 15_000)
        scribe.offset = (scribe.offset / 8192 + 1) * 8192
        scribe.previous = last
        scribe.page(8)
        scribe.record(40)
        #expect(scribe.end == scribe.position)
    }

    @Test("names files as PostgreSQL does, and sums as it does")
    func names() {
        #expect(WALSegment.name(timeline: 2, number: 0x1FF) == "0000000200000001000000FF")
        #expect(CRC32C.sum(Array("123456789".utf8)[...]) == 0xE306_9283)
    }
}
