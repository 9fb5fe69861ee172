import Model
import PostgresClient

/// An answer of PostgreSQL's as metrics.
enum MetricAnswer {
    /// So many rows of one answer count.
    static let rows = 1000

    /// What an answer could not be read as.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// The series of one answer. A NULL has no series; a text that is no number is a mistake.
    static func families(
        of query: MetricQuery, _ rows: [PostgresRow], labels: [MetricLabel]
    ) throws -> [MetricFamily] {
        let keys = query.columns.filter { $0.usage == .label }.map(\.name)
        var families = query.columns.compactMap { column in
            kind(column.usage).map { MetricFamily(name(query, column), $0, column.help) }
        }
        let values = query.columns.filter { kind($0.usage) != nil }
        for row in rows.prefix(MetricAnswer.rows) {
            let own = try labels + keys.map { MetricLabel($0, try row.string($0) ?? "") }
            for (place, column) in values.enumerated() {
                guard let text = try row.string(column.name) else { continue }
                guard let value = number(text) else {
                    throw Mistake(description: "column \(column.name) is no number: \(text.prefix(40))")
                }
                families[place].samples.append(MetricSample(value, own))
            }
        }
        return families
    }

    /// A metric is named after its question and its column; one whose column has the last word of that name is named after the
    /// question alone (`pg_static`).
    static func name(_ query: MetricQuery, _ column: MetricColumn) -> String {
        query.name.hasSuffix("_\(column.name)") ? query.name : "\(query.name)_\(column.name)"
    }

    private static func kind(_ usage: MetricColumn.Usage) -> MetricFamily.Kind? {
        switch usage {
        case .gauge: .gauge
        case .counter: .counter
        case .untyped: .untyped
        case .label, .discard: nil
        }
    }

    /// A number as PostgreSQL writes it, or a truth value.
    private static func number(_ text: String) -> Double? {
        switch text {
        case "t": 1
        case "f": 0
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default: Double(text)
        }
    }
}
