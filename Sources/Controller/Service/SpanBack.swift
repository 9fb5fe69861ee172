import Model

extension Timestamp {
    /// The moment that lies a span before another one: `90s`, `30m`, `2h`, `3d`. Nil where the text is no such span.
    /// - Parameter now: milliseconds since 1970.
    init?(back span: String, from now: Int64) {
        guard let match = span.wholeMatch(of: /([0-9]{1,6})(s|m|h|d)/), let number = Int64(match.1) else { return nil }
        let unit: Int64 = ["s": 1, "m": 60, "h": 3600, "d": 86_400][String(match.2)] ?? 1
        self.init(microseconds: (now - number * unit * 1000) * 1000)
    }
}
