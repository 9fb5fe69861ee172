import Model
import Monitoring
import Testing

@Suite("Metrics as text that Prometheus reads")
struct ExpositionTests {
    @Test("HELP and TYPE once for each metric, then its series")
    func shape() {
        let text = Exposition.text([
            MetricFamily(
                "up_total", .counter, "How often.", [MetricSample(3, "node", "a"), MetricSample(4, "node", "b")]),
            MetricFamily("size_bytes", .gauge, "How much.", value: 0.5),
        ])
        #expect(
            text == """
                # HELP up_total How often.
                # TYPE up_total counter
                up_total{node="a"} 3
                up_total{node="b"} 4
                # HELP size_bytes How much.
                # TYPE size_bytes gauge
                size_bytes 0.5

                """)
    }

    @Test("the parts of a metric that come from several sources stand together")
    func merged() {
        let text = Exposition.text([
            MetricFamily("a", .gauge, "A.", [MetricSample(1, "node", "x")]), MetricFamily("b", .gauge, "B.", value: 1),
            MetricFamily("a", .gauge, "A.", [MetricSample(2, "node", "y")]),
        ])
        #expect(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") } == ["a{node=\"x\"} 1", "a{node=\"y\"} 2", "b 1"])
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE a ") }.count == 1)
    }

    @Test("of two series with the same labels the first is kept, because Prometheus would refuse all of the answer")
    func doubled() {
        let text = Exposition.text([
            MetricFamily(
                "a", .gauge, "A.", [MetricSample(1, "x", "1"), MetricSample(2, "x", "1"), MetricSample(3, "x", "2")])
        ])
        #expect(text.split(separator: "\n").filter { !$0.hasPrefix("#") } == ["a{x=\"1\"} 1", "a{x=\"2\"} 3"])
    }

    @Test("a metric without series, and one with an impossible name, are left out")
    func leftOut() {
        #expect(Exposition.text([MetricFamily("a", .gauge, "A."), MetricFamily("0a", .gauge, "A.", value: 1)]).isEmpty)
        #expect(Exposition.text([MetricFamily("a b", .gauge, "A.", value: 1)]).isEmpty)
    }

    @Test("any text can be a label's value, and none ends its line")
    func escaped() {
        let nasty = "a\\b\"c\nd\u{0}e\u{2028}é"
        let text = Exposition.text([MetricFamily("a", .gauge, "one\ntwo \\ \"q\"", [MetricSample(1, "x", nasty)])])
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
        #expect(text.contains("# HELP a one\\ntwo \\\\ \"q\"\n"))
        #expect(text.contains("a{x=\"a\\\\b\\\"c\\nd\u{0}e\u{2028}é\"} 1\n"))
    }

    @Test("a label with an impossible name is left out")
    func labelNames() {
        for name in ["", "0a", "a-b", "__name__", "a:b", "é"] {
            #expect(Exposition.text([MetricFamily("a", .gauge, "A.", [MetricSample(1, name, "x")])]).contains("a 1\n"))
        }
    }

    @Test(
        "numbers",
        arguments: [
            (0.0, "0"), (-1, "-1"), (1_760_000_000, "1760000000"), (0.1, "0.1"),
            (9_007_199_254_740_992, "9007199254740992.0"),
            (1e-7, "1e-07"), (1e300, "1e+300"), (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"),
            (Double.nan, "NaN"),
        ])
    func number(_ value: Double, _ text: String) {
        #expect(Exposition.text([MetricFamily("a", .gauge, "A.", value: value)]).hasSuffix("a \(text)\n"))
    }

    @Test("whatever the labels are, each series is one line that reads back as what it was", arguments: 0..<200)
    func fuzzed(_ seed: Int) {
        var state = UInt64(seed) &* 6_364_136_223_846_793_005 &+ 1
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        let letters = ["\"", "\\", "\n", "\r", "n", ",", "}", "{", "=", " ", "a", "é", "\u{85}", "🐘"]
        let values = (0..<3).map { _ in (0..<next(8)).map { _ in letters[next(letters.count)] }.joined() }
        let labels = zip(["a", "b", "c"], values).map { MetricLabel($0, $1) }
        let text = Exposition.text([MetricFamily("m", .gauge, "M.", [MetricSample(1, labels)])])
        let bytes = Array(text.utf8)
        #expect(bytes.filter { $0 == 0x0A }.count == 3)
        let line = String(decoding: bytes.split(separator: 0x0A)[2], as: UTF8.self)
        #expect(Self.values(of: line) == values)
    }

    /// Reads the values of a line's labels back.
    private static func values(of line: String) -> [String] {
        var values: [String] = []
        var value: String.UnicodeScalarView?
        var isEscaped = false
        for scalar in line.unicodeScalars {
            guard var open = value else {
                if scalar == "\"" { value = String.UnicodeScalarView() }
                continue
            }
            if isEscaped {
                open.append(scalar == "n" ? "\n" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "\"" {
                values.append(String(open))
                value = nil
                continue
            } else {
                open.append(scalar)
            }
            value = open
        }
        return values
    }
}
