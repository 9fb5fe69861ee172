import DockerAPI
import TestSupport
import Testing

@Suite struct StdcopyTests {
    @Test("however the frames are cut, each output's bytes come out in order", arguments: 0..<300)
    func anyCut(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        var wire: [UInt8] = []
        var expected: [DockerOutput.Stream: [UInt8]] = [:]
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let stream: DockerOutput.Stream = Bool.random(using: &random) ? .standardOutput : .standardError
            let payload = random.bytes(0...700)
            expected[stream, default: []] += payload
            wire += [stream.rawValue, 0, 0, 0, 0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
        }
        var frames = StdcopyDemultiplexer()
        var found: [DockerOutput.Stream: [UInt8]] = [:]
        while !wire.isEmpty {
            let chunk = wire.prefix(Int.random(in: 1...300, using: &random))
            for piece in try frames.append(chunk) { found[piece.stream, default: []] += piece.bytes }
            wire.removeFirst(chunk.count)
        }
        try frames.finish()
        #expect(found == expected.filter { !$0.value.isEmpty })
    }

    @Test("random bytes never crash it", arguments: 0..<300)
    func noise(seed: UInt64) {
        var random = Seeded(seed: seed)
        var frames = StdcopyDemultiplexer(maxFrameBytes: 1000)
        for _ in 0..<10 { _ = try? frames.append(random.bytes(0...50)) }
    }

    @Test("what is no frame, is too large, is the engine's error, or is cut, is said to be that")
    func failures() {
        func failure(_ bytes: [UInt8]) -> StdcopyDemultiplexer.Failure? {
            var frames = StdcopyDemultiplexer(maxFrameBytes: 10)
            do throws(StdcopyDemultiplexer.Failure) {
                _ = try frames.append(bytes)
                try frames.finish()
                return nil
            } catch {
                return error
            }
        }
        #expect(failure([4, 0, 0, 0, 0, 0, 0, 0]) == .badHeader([4, 0, 0, 0, 0, 0, 0, 0]))
        #expect(failure([1, 0, 1, 0, 0, 0, 0, 0]) == .badHeader([1, 0, 1, 0, 0, 0, 0, 0]))
        #expect(failure([1, 0, 0, 0, 255, 255, 255, 255]) == .frameTooLarge(0xffff_ffff))
        #expect(failure([3, 0, 0, 0, 0, 0, 0, 2, 110, 111]) == .engine("no"))
        #expect(failure([1, 0, 0, 0, 0, 0, 0, 2, 1]) == .cut)
        #expect(failure([1, 0, 0, 0, 0, 0, 0, 1, 1]) == nil)
    }
}
