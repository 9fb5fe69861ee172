import Model

extension Timestamp {
    /// The moment that lies a span before another one: `90s`, `30m`, `2h`, `3d`. Nil where the text is no such span.
    /// - Parameter now: milliseconds since 1970.
    init?(back span: String, from now: Int64) {
        guard let match = span.wholeMatch(of: /([0-9]{1,6})(s|m|h|d)/), let number = Int64(match.1) else { return nil }
        let unit: Int64 = ["s": 1, "m": 60, "h": 3600, "d": 86_400][String(match.2)] ?? 1
        self.init(microseconds: (now - number * unit * 1000) * 1000)
    }

    /// `--since`: a span before now, or a time.
    /// - Throws: exit code 2 where the text is neither.
    init(since text: String, now: Int64) throws(Failure) {
        guard let moment = Timestamp(back: text, from: now) ?? Timestamp(text) else {
            throw Failure(
                .badInput,
                "--since: \(Terminal.plain(text)) is neither a span such as 30m, 2h or 3d nor a time such as "
                    + "2026-11-23T10:00:00Z")
        }
        self = moment
    }
}
