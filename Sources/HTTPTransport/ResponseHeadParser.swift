/// Collects header lines into a response head, within limits; a pure value.
struct ResponseHeadParser {
    enum Outcome: Equatable {
        case more
        /// The blank line after the fields of a final (not 1xx) response.
        case complete
        case tooLarge
        case malformed
    }

    private(set) var status = 0
    private(set) var fields: [(name: String, value: String)] = []
    private var bytes = 0
    private var isComplete = false
    let limits: HTTPLimits

    init(limits: HTTPLimits) { self.limits = limits }

    /// Takes one line as libcurl hands it over, with its end. Trailers after the body are counted and dropped.
    mutating func append(_ line: UnsafeBufferPointer<UInt8>) -> Outcome {
        bytes += line.count
        if bytes > limits.maxHeaderBytes { return .tooLarge }
        if isComplete { return .more }
        let text = String(decoding: line, as: UTF8.self).filter { $0 != "\r\n" && $0 != "\n" && $0 != "\r" }
        if text.hasPrefix("HTTP/") { return begin(text) }
        if text.isEmpty { return finish() }
        guard let colon = text.firstIndex(of: ":") else { return .malformed }
        if fields.count >= limits.maxHeaderCount { return .tooLarge }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields.append((String(text[..<colon]), String(value)))
        return .more
    }

    private mutating func begin(_ statusLine: String) -> Outcome {
        let parts = statusLine.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, let code = Int(parts[1]), (100...999).contains(code) else { return .malformed }
        status = code
        fields = []
        return .more
    }

    private mutating func finish() -> Outcome {
        guard status != 0 else { return .malformed }
        if (100..<200).contains(status) { return .more }
        isComplete = true
        return .complete
    }
}
