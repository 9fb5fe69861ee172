import HTTPTransport
import TestSupport
import Testing

@Suite struct LineSplitterTests {
    @Test("however a text is cut, the same lines come out", arguments: 0..<200)
    func anyCut(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        let lines = (0..<Int.random(in: 0...20, using: &random)).map { _ in
            (0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8.random(in: 32...126, using: &random) }
        }
        var bytes: [UInt8] = []
        for line in lines { bytes += line + (Bool.random(using: &random) ? [13, 10] : [10, 10]) }
        var splitter = LineSplitter(maxLineBytes: 40)
        var found: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...30, using: &random))
            rest = rest.dropFirst(chunk.count)
            found += try splitter.append(chunk)
        }
        #expect(try splitter.finish() == nil)
        #expect(found == lines)
    }

    @Test("a line of the bound passes, one byte more does not, ended or not")
    func bound() throws {
        var splitter = LineSplitter(maxLineBytes: 4)
        #expect(try splitter.append(Array("abcd\r\n".utf8)) == [Array("abcd".utf8)])
        #expect(throws: LineSplitter.TooLong.self) { try splitter.append(Array("abcde\n".utf8)) }
        var open = LineSplitter(maxLineBytes: 4)
        #expect(throws: LineSplitter.TooLong.self) { for _ in 0..<6 { _ = try open.append([120]) } }
    }

    @Test("the last line may lack its end")
    func unfinished() throws {
        var splitter = LineSplitter()
        #expect(try splitter.append(Array("a\nbc".utf8)) == [[97]])
        #expect(try splitter.finish() == Array("bc".utf8))
    }
}
