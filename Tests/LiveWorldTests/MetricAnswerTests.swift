import Model
import Testing

@testable import LiveWorld
@testable import PostgresClient

@Suite("PostgreSQL's answers as metrics")
struct MetricAnswerTests {
    private let query = MetricQuery(
        "jobs", "SELECT …",
        [
            MetricColumn("queue", .label), MetricColumn("waiting", .gauge, "Jobs that wait."),
            MetricColumn("done_total", .counter, "Jobs that are done."), MetricColumn("note", .discard),
        ])

    private func rows(_ cells: [[String?]]) -> [PostgresRow] {
        cells.map { PostgresRow(names: ["queue", "waiting", "done_total", "note"], cells: $0, host: "h") }
    }

    private let own = [MetricLabel("node", "pg-1")]

    @Test("a metric for each value column, a series for each row")
    func answer() throws {
        let families = try MetricAnswer.families(
            of: query, rows([["a", "1", "10", "x"], ["b", "2.5", nil, "y"]]), labels: own)
        #expect(families.map(\.name) == ["jobs_waiting", "jobs_done_total"])
        #expect(families.map(\.kind) == [.gauge, .counter])
        #expect(families[0].samples.map(\.value) == [1, 2.5])
        #expect(families[0].samples[1].labels == own + [MetricLabel("queue", "b")])
        // NULL has no series
        #expect(families[1].samples.map(\.value) == [10])
    }

    @Test(
        "numbers as PostgreSQL writes them",
        arguments: [("t", 1.0), ("f", 0), ("1e3", 1000), ("Infinity", Double.infinity)])
    func numbers(_ text: String, _ value: Double) throws {
        #expect(
            try MetricAnswer.families(of: query, rows([["a", text, nil, nil]]), labels: []).first?.samples.first?.value
                == value)
    }

    @Test("a text that is no number, and a column that is not there, are mistakes")
    func mistakes() {
        #expect(throws: MetricAnswer.Mistake.self) {
            try MetricAnswer.families(of: query, rows([["a", "many", nil, nil]]), labels: [])
        }
        var other = query
        other.columns.append(MetricColumn("absent", .gauge))
        #expect(throws: PostgresError.self) {
            try MetricAnswer.families(of: other, rows([["a", "1", nil, nil]]), labels: [])
        }
    }

    @Test("of more rows than the limit only so many count")
    func limited() throws {
        let many = (0..<MetricAnswer.rows + 10).map { ["\($0)", "1", nil, nil] as [String?] }
        let families = try MetricAnswer.families(of: query, rows(many), labels: [])
        #expect(families[0].samples.count == MetricAnswer.rows)
    }

    @Test("the built-in questions follow the rules for names, and none has a label that a client chooses at will")
    func builtIn() {
        var names: [String] = []
        for query in BuiltInQueries.all + [BuiltInQueries.statements] {
            for column in query.columns {
                switch column.usage {
                case .label, .discard: continue
                case .gauge, .untyped, .counter: break
                }
                let name = MetricAnswer.name(query, column)
                names.append(name)
                #expect(!column.help.isEmpty, "\(name)")
                // a name that people know and that breaks the rules is untyped
                if column.usage == .gauge { #expect(!name.hasSuffix("_total") && !name.hasSuffix("_count"), "\(name)") }
                if column.usage == .counter { #expect(name.hasSuffix("_total"), "\(name)") }
            }
            let labels = query.columns.filter { $0.usage == .label }.map(\.name)
            if query.name != "pg_stat_replication" { #expect(!labels.contains("application_name"), "\(query.name)") }
            #expect(!labels.contains("query"), "\(query.name)")
        }
        #expect(Set(names).count == names.count)
        for known in [
            "pg_stat_database_xact_commit", "pg_stat_bgwriter_buffers_clean_total", "pg_replication_lag_seconds",
            "pg_replication_slot_slot_is_active", "pg_database_size_bytes", "pg_stat_activity_count", "pg_static",
            "pg_settings_max_connections", "pg_postmaster_start_time_seconds", "pg_stat_archiver_failed_count",
            "pg_stat_checkpointer_num_requested_total", "pg_stat_statements_seconds_total", "pg_locks_count",
        ] {
            #expect(names.contains(known), "\(known)")
        }
    }
}
