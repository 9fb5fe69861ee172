import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("The next step towards the wanted schema")
struct SchemaStepTests {
    private let cluster = PlanningFixture().cluster

    private func database(_ change: (inout DatabaseView) -> Void = { _ in }) throws -> DatabaseView {
        var view = try #require(PlanningFixture().observation.database.value)
        view.application.migrations = .present([])
        view.application.mayRecord = true
        view.application.missingGrants = []
        change(&view)
        return view
    }

    private func due(_ database: DatabaseView, mayUpdate: Bool = true) -> [String] {
        SchemaStep.due(database: database, cluster: cluster, mayUpdate: mayUpdate).map(\.sql)
    }

    @Test("nothing is done in a database that could not be entered")
    func unknown() throws {
        let view = try database {
            $0.application.migrations = .unknown(UnknownReason(.unreachable, "no session"))
            $0.application.missingGrants = ["CREATE"]
            $0.application.mayRecord = false
        }
        #expect(due(view).isEmpty)
    }

    @Test("the console's role gets to read the schemas in which it cannot, and nothing where there is no console")
    func console() throws {
        let view = try database { $0.application.hiddenSchemas = ["a\"b", "public"] }
        #expect(due(view).isEmpty)
        var fixture = PlanningFixture()
        fixture.database { $0.application = view.application }
        let proposal = Schema().propose(fixture.input)
        #expect(proposal.actions.isEmpty && proposal.conditions.map(\.status) == [.true])
        #expect(
            proposal.backgroundActions.map(\.effect) == [
                .sql(
                    view.node,
                    .script(
                        fixture.cluster.accounts.database,
                        """
                        GRANT USAGE ON SCHEMA "a""b", "public" TO "console";
                        GRANT SELECT ON ALL TABLES IN SCHEMA "a""b", "public" TO "console";
                        ALTER DEFAULT PRIVILEGES FOR ROLE "pgadmin" IN SCHEMA "a""b", "public" GRANT SELECT ON TABLES TO "console";
                        """))
            ])
        fixture.cluster.console.enabled = false
        #expect(Schema().propose(fixture.input).backgroundActions.isEmpty)
    }

    @Test("a history that the monitor may not read is made readable for it, and only for reading")
    func reading() throws {
        var view = try database {
            $0.application.migrations = .unknown(UnknownReason(.forbidden, "may not read"))
            $0.application.mayRead = false
        }
        let statements = due(view)
        #expect(
            statements.count == 1
                && statements[0].contains("GRANT SELECT ON controller.migrations TO controller_monitor;"))
        var fixture = PlanningFixture()
        fixture.database { $0.application = view.application }
        #expect(Schema().propose(fixture.input).actions.count == 1)
        view.application.migrations = .absent
        #expect(
            due(view).contains { $0.contains("CREATE TABLE") && $0.contains("GRANT SELECT ON controller.migrations") })
    }

    @Test("the history comes first, with the right to record, then the grants, then the extensions in their order")
    func order() throws {
        var view = try database {
            $0.application.migrations = .absent
            $0.application.missingGrants = ["CREATE ON SCHEMA public"]
            $0.application.mayRecord = false
            $0.application.extensions = []
        }
        let statements = due(view)
        #expect(statements.count == 2 + cluster.schema.extensions.count && !cluster.schema.extensions.isEmpty)
        #expect(statements[0].contains("CREATE TABLE IF NOT EXISTS controller.migrations"))
        #expect(statements[0].contains("GRANT SELECT, INSERT, UPDATE ON controller.migrations"))
        #expect(statements[1].hasPrefix("GRANT USAGE, CREATE ON SCHEMA public"))
        let wanted = cluster.schema.extensions.map { "CREATE EXTENSION IF NOT EXISTS \"\($0.name)\" SCHEMA public;" }
        #expect(Array(statements[2...]) == wanted)
        view.application.migrations = .present([])
        #expect(due(view).first?.contains("GRANT SELECT, INSERT, UPDATE ON controller.migrations") == true)
        #expect(due(view).first?.contains("CREATE TABLE") == false)
        view.application.mayRecord = true
        #expect(due(view).first?.hasPrefix("GRANT USAGE, CREATE ON SCHEMA public") == true)
        view.application.missingGrants = []
        #expect(due(view) == wanted)
    }

    @Test(
        "an extension is made, updated to the version that is asked for, or to a newer one of the image, and never back",
        arguments: [
            (nil, nil, "0.8.0", true, "CREATE EXTENSION IF NOT EXISTS \"vector\" SCHEMA public;"),
            ("0.7.4", nil, "0.8.0", true, "CREATE EXTENSION IF NOT EXISTS \"vector\" SCHEMA public VERSION '0.7.4';"),
            (nil, "0.8.0", "0.8.0", true, nil),
            (nil, "0.8.0", "0.10.0", true, "ALTER EXTENSION \"vector\" UPDATE TO '0.10.0';"),
            (nil, "0.10.0", "0.8.0", true, nil), (nil, "0.8.0", "0.10.0", false, nil), (nil, "0.8.0", nil, true, nil),
            ("0.7.4", "0.8.0", "0.8.0", true, "ALTER EXTENSION \"vector\" UPDATE TO '0.7.4';"),
            ("0.8.0", "0.8.0", "0.9.0", true, nil),
        ] as [(String?, String?, String?, Bool, String?)])
    func extensions(
        _ wanted: String?, _ installed: String?, _ available: String?, _ mayUpdate: Bool, _ expected: String?
    ) {
        let seen = ExtensionView(name: "vector", installed: installed, available: available)
        let step = SchemaStep.extensionStep(
            ExtensionSettings(name: "vector", version: wanted), seen: seen, mayUpdate: mayUpdate)
        #expect(step?.sql == expected)
    }

    @Test("names and versions are quoted")
    func quoting() {
        let wanted = ExtensionSettings(name: "a\"b", version: "1'; DROP")
        let step = SchemaStep.extensionStep(wanted, seen: nil, mayUpdate: true)
        #expect(step?.sql == "CREATE EXTENSION IF NOT EXISTS \"a\"\"b\" SCHEMA public VERSION '1''; DROP';")
    }
}
