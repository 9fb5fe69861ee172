/// Cuts a byte stream into lines, whatever the chunks; a pure value, so that it can be fuzzed.
public struct LineSplitter: Sendable {
    /// Bytes a line may have, its end not counted.
    public let maxLineBytes: Int
    private var pending: [UInt8] = []
    private var scanned = 0

    /// Makes an empty splitter.
    public init(maxLineBytes: Int = 1 << 20) { self.maxLineBytes = maxLineBytes }

    /// A line grew beyond the bound.
    public struct TooLong: Error, Sendable {
        /// The bound, in bytes.
        public let maxLineBytes: Int
    }

    /// Takes a chunk and returns the lines it completed, without their `\n` or `\r\n`; empty lines are left out.
    /// - Throws: `TooLong`; the splitter is of no use after that.
    public mutating func append(_ chunk: some Collection<UInt8>) throws(TooLong) -> [[UInt8]] {
        pending.append(contentsOf: chunk)
        var lines: [[UInt8]] = []
        var begin = 0
        while let end = pending[max(begin, scanned)...].firstIndex(of: 10) {
            try add(pending[begin..<end], to: &lines)
            begin = end + 1
        }
        pending.removeFirst(begin)
        scanned = pending.count
        if pending.count > maxLineBytes + 1 { throw TooLong(maxLineBytes: maxLineBytes) }
        return lines
    }

    /// What came after the last line end, if anything did.
    public mutating func finish() throws(TooLong) -> [UInt8]? {
        var lines: [[UInt8]] = []
        try add(pending[...], to: &lines)
        pending = []
        scanned = 0
        return lines.first
    }

    private func add(_ slice: ArraySlice<UInt8>, to lines: inout [[UInt8]]) throws(TooLong) {
        let line = slice.last == 13 ? slice.dropLast() : slice
        if line.count > maxLineBytes { throw TooLong(maxLineBytes: maxLineBytes) }
        if !line.isEmpty { lines.append(Array(line)) }
    }
}
