public import Model

/// Metrics as text, in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details).
public enum Exposition {
    /// Prometheus 3 refuses an answer whose `Content-Type` is none that it knows.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The text. A metric without series is left out, and so is each series whose labels were there before: Prometheus refuses
    /// a whole answer for those.
    public static func text(_ families: [MetricFamily]) -> String {
        var text = ""
        var merged: [MetricFamily] = []
        var places: [String: Int] = [:]
        for family in families where isName(family.name) {
            if let place = places[family.name] {
                merged[place].samples += family.samples
            } else {
                places[family.name] = merged.count
                merged.append(family)
            }
        }
        for family in merged where !family.samples.isEmpty {
            let help = family.help.isEmpty ? family.name : family.help
            text += "# HELP \(family.name) \(escaped(help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            var seen: Set<String> = []
            for sample in family.samples {
                let labels = labels(sample.labels)
                guard seen.insert(labels).inserted else { continue }
                text += "\(family.name)\(labels) \(number(sample.value))\n"
            }
        }
        return text
    }

    /// Whether a text may be the name of a metric: letters, digits, underscores and colons, no digit first.
    public static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ":")
        }
    }

    /// Whether a text may be the name of a label: as for metrics, without colons, and not one of Prometheus' own (`__…`).
    public static func isLabelName(_ text: String) -> Bool {
        isName(text) && !text.utf8.contains(UInt8(ascii: ":")) && !text.hasPrefix("__")
    }

    private static func labels(_ labels: [MetricLabel]) -> String {
        // a label that is there twice would make Prometheus refuse the whole answer
        var seen: Set<String> = []
        let pairs = labels.filter { isLabelName($0.name) && seen.insert($0.name).inserted }.map {
            "\($0.name)=\"\(escaped($0.value, quotes: true))\""
        }
        return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    /// Backslash, line feed, and within quotes the quote; each other character stands for itself.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || quotes && $0 == 0x22 }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// A whole number without a point, so far as a double tells whole numbers apart; else as Swift writes it, which Go reads.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return String(Int64(value)) }
        return "\(value)"
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
