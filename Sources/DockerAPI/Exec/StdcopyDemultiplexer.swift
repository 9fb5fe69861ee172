/// A piece of a process's output.
public struct DockerOutput: Sendable, Hashable {
    /// Where the process wrote it.
    public enum Stream: UInt8, Sendable { case standardOutput = 1, standardError = 2 }

    /// Where the process wrote it.
    public let stream: Stream
    /// What it wrote; boundaries mean nothing.
    public let bytes: [UInt8]

    /// Makes a piece.
    public init(_ stream: Stream, _ bytes: [UInt8]) {
        self.stream = stream
        self.bytes = bytes
    }
}

/// Takes apart the frames in which Docker sends both outputs over one connection; a pure value.
///
/// A frame is `[stream, 0, 0, 0, size…big endian…]` and then `size` bytes (moby `pkg/stdcopy`). Stream 0 is standard
/// input echoed as output, 3 an error of the engine.
package struct StdcopyDemultiplexer: Sendable {
    /// Why the bytes are no frames.
    package enum Failure: Error, Sendable, Hashable {
        case badHeader([UInt8])
        case frameTooLarge(Int)
        /// The engine's own error, in its words.
        case engine(String)
        /// The stream ended within a frame.
        case cut
    }

    /// Bytes a frame may carry.
    package let maxFrameBytes: Int
    private var pending: [UInt8] = []

    /// Makes an empty demultiplexer. Docker's own writers keep frames below 64 KiB.
    package init(maxFrameBytes: Int = 1 << 20) { self.maxFrameBytes = maxFrameBytes }

    /// Takes a chunk and returns the frames it completed.
    package mutating func append(_ chunk: some Collection<UInt8>) throws(Failure) -> [DockerOutput] {
        pending.append(contentsOf: chunk)
        var outputs: [DockerOutput] = []
        var begin = 0
        while pending.count - begin >= 8 {
            let header = pending[begin..<begin + 8]
            guard pending[begin] <= 3, header.dropFirst().prefix(3).allSatisfy({ $0 == 0 }) else {
                throw .badHeader(Array(header))
            }
            let size = header.suffix(4).reduce(0) { $0 << 8 | Int($1) }
            guard size <= maxFrameBytes else { throw .frameTooLarge(size) }
            guard pending.count - begin - 8 >= size else { break }
            let payload = Array(pending[begin + 8..<begin + 8 + size])
            if pending[begin] == 3 { throw .engine(String(decoding: payload, as: UTF8.self)) }
            if size > 0 { outputs.append(DockerOutput(.init(rawValue: pending[begin]) ?? .standardOutput, payload)) }
            begin += 8 + size
        }
        pending.removeFirst(begin)
        return outputs
    }

    /// Says that no more comes.
    package func finish() throws(Failure) { if !pending.isEmpty { throw .cut } }
}
