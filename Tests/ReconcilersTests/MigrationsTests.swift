import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Migrations")
struct MigrationsTests {
    private let first = Migration(name: "001.sql", sql: "CREATE TABLE a ();")
    private let second = Migration(name: "002.sql", sql: "CREATE VIEW b AS SELECT 1; INSERT INTO a DEFAULT VALUES;")

    /// A healthy cluster with two migrations, these of which are recorded.
    private func fixture(_ applied: [AppliedMigration]) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.schema.migrations = [first, second]
        fixture.database { $0.application.migrations = .present(applied) }
        return fixture
    }

    private func recorded(_ file: Migration, missing: [String] = []) -> AppliedMigration {
        AppliedMigration(name: file.name, checksum: file.checksum, missingObjects: missing)
    }

    private func started(_ fixture: PlanningFixture) -> [String] {
        fixture.effects(Schema()).map { effect in
            switch effect {
            case .sql(_, .migrate(let database, let file, let role)): "\(database): \(file.name) as \(role)"
            case .sql(_, .script(_, let text)): text
            case .sql, .docker, .etcd, .patroni, .pooler, .identity, .configureLocally: "something else"
            }
        }
    }

    private func condition(_ fixture: PlanningFixture, _ type: ConditionType = .schemaCurrent) -> Condition? {
        Schema().propose(fixture.input).conditions.first { $0.type == type }
    }

    @Test("are started one after the other, as the admin role")
    func order() {
        #expect(started(fixture([])) == ["postgres: 001.sql as pgadmin"])
        #expect(condition(fixture([]))?.reason == "StepDue")
        #expect(started(fixture([recorded(first)])) == ["postgres: 002.sql as pgadmin"])
        let done = fixture([recorded(first), recorded(second)])
        #expect(started(done) == [])
        #expect(condition(done)?.status == .true)
        #expect(Schema().propose(done.input).waiting == [])
    }

    @Test("one that is recorded is never applied again, whatever is missing of it; a person is told how to get out")
    func never() {
        let gone = fixture([recorded(first, missing: ["public.a"]), recorded(second, missing: ["public.b"])])
        #expect(started(gone) == [])
        #expect(Schema().propose(gone.input).waiting == [])
        #expect(condition(gone)?.status == .false)
        #expect(condition(gone)?.reason == "ObjectsMissing")
        let words = condition(gone)?.message ?? ""
        #expect(words.hasPrefix("missing: public.a of migration 001.sql; public.b of migration 002.sql. "), "\(words)")
        #expect(words.hasSuffix("in database postgres: \(Migrations.accept)"), "\(words)")
        // what comes after it is applied all the same
        #expect(started(fixture([recorded(first, missing: ["public.a"])])) == ["postgres: 002.sql as pgadmin"])
    }

    @Test("one that was changed, or taken out of the list, is not applied again either")
    func changed() {
        let old = Migration(name: "001.sql", sql: "BEGIN; CREATE TABLE a (); COMMIT;")
        var fixture = fixture([recorded(old, missing: ["public.a"]), recorded(second)])
        #expect(started(fixture) == [])
        #expect(condition(fixture)?.reason == "ChecksumMismatch")
        fixture.cluster.schema.migrations = [second]
        #expect(started(fixture) == [])
        #expect(condition(fixture)?.status == .true)
    }

    @Test("while one runs, whoever started it, none is started; it is told of since when, and looked at again")
    func running() {
        var fixture = fixture([recorded(first)])
        let since = Timestamp(seconds: 1_760_000_000)
        fixture.database { $0.application.migrationTry = .running(name: "002.sql", since: since) }
        let proposal = Schema().propose(fixture.input)
        #expect(proposal.actions == [])
        #expect(proposal.waiting == ["migration 002.sql, which runs since \(since.text)"])
        #expect(proposal.lookAgain == .seconds(5))
        #expect(condition(fixture)?.reason == "MigrationRuns")
        #expect(condition(fixture)?.message == "migration 002.sql runs on pg-node-1 since \(since.text)")
    }

    @Test("one that failed is told of in PostgreSQL's words, and tried again later and later")
    func failed() {
        var fixture = fixture([])
        func fail(_ times: Int, ago: Duration) {
            let at = fixture.input.now.uptime - ago
            fixture.database {
                $0.application.migrationTry = .failed(name: "001.sql", words: "division by zero", times: times, at: at)
            }
        }
        fail(1, ago: .zero)
        #expect(started(fixture) == [])
        #expect(Schema().propose(fixture.input).lookAgain == .seconds(1))
        #expect(condition(fixture)?.reason == "MigrationFailed")
        #expect(condition(fixture)?.message.contains("division by zero") == true)
        #expect(condition(fixture, .actionFailing) == nil)
        fail(1, ago: .seconds(1))
        #expect(started(fixture) == ["postgres: 001.sql as pgadmin"])
        fail(9, ago: .seconds(59))
        #expect(started(fixture) == [])
        #expect(
            condition(fixture, .actionFailing)?.message
                == "apply migration 001.sql in postgres on pg-node-1, tried 9 times: division by zero")
        fail(9, ago: .seconds(60))
        #expect(started(fixture).count == 1)
    }

    @Test("wait for the admin role's right to record them, and for its password")
    func admin() {
        var fixture = fixture([])
        let good = fixture
        fixture.database { $0.application.mayRecord = false }
        #expect(
            started(fixture) == [
                "\nGRANT USAGE ON SCHEMA controller TO \"pgadmin\";\nGRANT SELECT, INSERT, UPDATE ON controller.migrations TO "
                    + "\"pgadmin\";"
            ])
        fixture = good
        fixture.database { view in
            for place in view.roles.indices { view.roles[place].passwordMatches = false }
        }
        #expect(started(fixture) == [])
        #expect(Schema().propose(fixture.input).waiting == ["the password of role pgadmin, who applies migrations"])
        fixture = good
        fixture.database { $0.application.migrations = .absent }
        #expect(started(fixture).first?.hasPrefix("CREATE SCHEMA IF NOT EXISTS controller;") == true)
        #expect(started(fixture).first?.contains("GRANT USAGE ON SCHEMA controller TO \"pgadmin\";") == true)
    }
}
