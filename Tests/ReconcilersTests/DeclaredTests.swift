import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Declared roles and databases")
struct DeclaredTests {
    /// A healthy cluster that declares a role and a database, both as wanted.
    private var fixture: PlanningFixture {
        var fixture = PlanningFixture()
        var role = DeclaredRole(name: "app")
        role.login = true
        role.memberOf = ["pg_monitor"]
        fixture.cluster.roles = [role]
        var database = DeclaredDatabase(name: "appdb")
        database.owner = "app"
        fixture.cluster.databases = [database]
        var seen = RoleView(name: "app", attributes: ["INHERIT", "IN pg_monitor", "LOGIN"], passwordMatches: true)
        seen.granted = ["pg_monitor"]
        fixture.database {
            $0.roles.append(seen)
            $0.databases = [DeclaredDatabaseView(name: "appdb", owner: "app")]
            $0.archiver.lastArchived = "000000010000000000000007"
        }
        fixture.readFiles()
        var backup = BackupView(label: "b", type: "full", stoppedAt: 1_760_000_000, size: 1)
        backup.firstSegment = "000000010000000000000004"
        backup.lastSegment = "000000010000000000000005"
        fixture.observation.repository = .present(
            RepositoryView(stanza: .ok(systemIdentifier: PlanningFixture.system), backups: [backup]))
        return fixture
    }

    private func role(_ fixture: inout PlanningFixture, _ change: (inout RoleView) -> Void) {
        fixture.database { view in
            for place in view.roles.indices where view.roles[place].name == "app" { change(&view.roles[place]) }
        }
    }

    private func sql(_ fixture: PlanningFixture, _ planner: any Reconciler) -> [String] {
        fixture.effects(planner).map { effect in
            switch effect {
            case .sql(_, .script(let database, let text)): "\(database): \(text)"
            case .sql(_, .migrate(let database, let file, let role)): "\(database): \(file.name) as \(role)"
            case .sql(_, .setPassword(let role, let secret)): "password \(role) \(secret)"
            case .sql(_, .checkpoint): "checkpoint"
            case .sql(_, .advanceWAL): "a WAL record"
            case .sql(_, .dropDatabase(let name)): "drop database \(name)"
            case .sql(_, .dropRole(let name)): "drop role \(name)"
            case .docker, .etcd, .patroni, .pooler, .identity, .configureLocally: "something else"
            }
        }
    }

    private func condition(_ fixture: PlanningFixture, _ planner: any Reconciler, _ subject: Subject) -> Condition? {
        planner.propose(fixture.input).conditions.first { $0.subject == subject }
    }

    /// B, kind 1: one question that fails has hidden everything else, and the poolers stayed where they were.
    @Test("a part of the database that cannot be seen is left alone, and blinds nothing else")
    func unseenPart() throws {
        var blind = fixture
        blind.database {
            $0.roles = []
            $0.databases = []
            $0.unseen = [UnseenPart(.accounts, UnknownReason(.unreachable, "schema of somebody's"))]
        }
        for planner in [Accounts(), Roles(), Databases(), Schema()] as [any Reconciler] {
            #expect(blind.effects(planner) == [], "\(planner.name)")
        }
        for planner in [Roles(), Databases(), Schema()] as [any Reconciler] {
            let seen = try #require(planner.propose(blind.input).conditions.first)
            #expect(seen.status == .unknown && seen.message.contains("schema of somebody's"), "\(planner.name)")
        }
        for planner in [Poolers(), Failover(), Nodes(), Backups(), Switchovers()] as [any Reconciler] {
            #expect(planner.propose(blind.input) == planner.propose(fixture.input), "\(planner.name)")
        }
        blind = fixture
        blind.database { $0.unseen = [UnseenPart(.archiver, UnknownReason(.timedOut, "too slow"))] }
        let archiving = Backups().propose(blind.input).conditions.first { $0.type == .archiving }
        #expect(archiving?.status == .unknown && archiving?.message.contains("too slow") == true)
        #expect(Roles().propose(blind.input) == Roles().propose(fixture.input))
    }

    /// D: a role that another one has made, with a name whose second letter takes the quote behind it into its character.
    @Test("a name's quote is doubled whatever letter stands before it")
    func quoteBehindALetter() {
        var fixture = fixture
        role(&fixture) { $0.granted = ["pg_monitor", "a\u{0600}\"; ALTER ROLE app SUPERUSER; --"] }
        #expect(
            sql(fixture, Roles()) == [
                "postgres: REVOKE \"a\u{0600}\"\"; ALTER ROLE app SUPERUSER; --\" FROM \"app\";"
            ])
    }

    @Test("whose password the controller has lost keep it, and a condition says so; one that has none gets one")
    func lostPassword() {
        var fixture = fixture
        role(&fixture) { ($0.passwordMatches, $0.hasPassword) = (false, true) }
        #expect(sql(fixture, Roles()).isEmpty)
        let lost = condition(fixture, Roles(), .role("app"))
        #expect(lost?.type == .secretLost && lost?.message.contains("--rotate app") == true)
        fixture.observation.secrets.append(SecretView(name: "role-app", version: "1"))
        #expect(sql(fixture, Roles()) == ["password app role-app"])
        fixture.observation.secrets.removeLast()
        role(&fixture) { $0.hasPassword = false }
        #expect(sql(fixture, Roles()) == ["password app role-app"])
    }

    @Test("that are as wanted need nothing, and say so")
    func atRest() {
        for planner in [Roles(), Databases()] as [any Reconciler] {
            let proposal = planner.propose(fixture.input)
            #expect(proposal.actions.isEmpty && proposal.waiting.isEmpty && proposal.lookAgain == nil)
            #expect(proposal.conditions.map(\.status) == [.true])
        }
        #expect(fixture.effects(Configuration()) == [])
        #expect(Roles().propose(PlanningFixture().input) == Proposal())
        #expect(Databases().propose(PlanningFixture().input) == Proposal())
    }

    @Test("a missing role is created, then joins its groups, and then gets its password")
    func create() {
        var fixture = fixture
        fixture.cluster.roles[0].createdb = true
        fixture.cluster.roles[0].connectionLimit = 5
        fixture.cluster.roles[0].validUntil = Timestamp("2027-01-31 10:00:00+01")
        fixture.database { $0.roles.removeAll { $0.name == "app" } }
        #expect(
            sql(fixture, Roles()) == [
                "postgres: CREATE ROLE \"app\" LOGIN CREATEDB CONNECTION LIMIT 5 "
                    + "VALID UNTIL '2027-01-31 09:00:00.000000+00';"
            ])
        var seen = RoleView(name: "app", attributes: ["CREATEDB", "INHERIT", "LOGIN"], passwordMatches: false)
        seen.connectionLimit = 5
        seen.validUntil = Timestamp("2027-01-31 09:00:00Z")
        fixture.database { $0.roles.append(seen) }
        #expect(sql(fixture, Roles()) == ["postgres: GRANT \"pg_monitor\" TO \"app\";"])
        role(&fixture) { $0.attributes.append("IN pg_monitor") }
        #expect(sql(fixture, Roles()) == ["password app role-app"])
    }

    @Test("a role is repaired where the manifest says something, and left alone where it does not")
    func drift() {
        var fixture = fixture
        role(&fixture) {
            $0.attributes = ["CREATEDB", "IN pg_monitor", "LOGIN"]
            $0.connectionLimit = 3
            $0.validUntil = Timestamp(seconds: 0)
        }
        #expect(sql(fixture, Roles()) == [])
        fixture.cluster.roles[0].createdb = false
        fixture.cluster.roles[0].inherit = true
        fixture.cluster.roles[0].connectionLimit = -1
        #expect(sql(fixture, Roles()) == ["postgres: ALTER ROLE \"app\" NOCREATEDB INHERIT CONNECTION LIMIT -1;"])
        fixture = self.fixture
        role(&fixture) { $0.attributes = ["IN pg_monitor", "REPLICATION", "SUPERUSER"] }
        #expect(sql(fixture, Roles()) == ["postgres: ALTER ROLE \"app\" LOGIN NOSUPERUSER NOREPLICATION;"])
    }

    @Test("a membership that is not listed any more goes only where it came from here")
    func memberships() {
        var fixture = fixture
        role(&fixture) { $0.attributes.append("IN others") }
        #expect(sql(fixture, Roles()) == [])
        role(&fixture) { $0.granted.append("others") }
        #expect(sql(fixture, Roles()) == ["postgres: REVOKE \"others\" FROM \"app\";"])
        fixture.cluster.roles[0].memberOf = nil
        #expect(sql(fixture, Roles()) == [])
    }

    @Test("a password changes only while every pooler may use the certificate in the role's name")
    func rotation() {
        var fixture = fixture
        role(&fixture) { $0.passwordMatches = false }
        #expect(sql(fixture, Roles()) == ["password app role-app"])
        var unread = fixture
        unread.dcs { $0.members[2].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        #expect(sql(unread, Roles()) == [])
        fixture.observation.localConfiguration?.poolers = []
        fixture.readFiles()
        #expect(sql(fixture, Roles()) == [])
        #expect(Roles().propose(fixture.input).waiting == ["the poolers' access, before the password of app changes"])
        let wanted = LocalConfiguration(of: fixture.cluster, poolers: PlanningFixture.poolerAddresses)
        #expect(fixture.effects(Configuration()) == [.configureLocally(wanted)])
        fixture.cluster.pooler.enabled = false
        #expect(sql(fixture, Roles()) == ["password app role-app"])
    }

    @Test(
        "the certificate is good for logins that the manifest knows, from the poolers' addresses, and stays for one away"
    )
    func access() {
        var fixture = fixture
        let expected = PlanningFixture.poolerAddresses.map {
            "hostssl all app,console,pgadmin \($0)/32 cert map=pooler"
        }
        func rules(_ fixture: PlanningFixture) -> [String] {
            guard let scope = EngineScope(fixture.input) else { return [] }
            return PoolerAccess.rules(for: PoolerAccess.wanted(at: scope), fixture.cluster)
        }
        #expect(rules(fixture) == expected)
        for pooler in fixture.cluster.poolers { fixture.stop(pooler.name, exitCode: 0) }
        #expect(rules(fixture) == expected)
        fixture.cluster.pooler.enabled = false
        #expect(rules(fixture) == [])
        let hba = ClientRules.lines(
            fixture.cluster, LocalConfiguration(of: fixture.cluster, poolers: PlanningFixture.poolerAddresses))
        #expect(hba.suffix(3) == expected + ["host all all all scram-sha-256"])
    }

    @Test("what reaches beyond its databases is not given to a role that another one may grant to itself")
    func administeredDeclared() {
        var fixture = fixture
        role(&fixture) { seen in
            seen.administrators = ["pgadmin"]
            seen.attributes = ["INHERIT", "LOGIN"]
        }
        // it would have pg_monitor
        #expect(sql(fixture, Roles()) == [])
        // what it must not have is taken away all the same
        var raised = fixture
        role(&raised) { $0.attributes.append("SUPERUSER") }
        #expect(sql(raised, Roles()) == [#"postgres: ALTER ROLE "app" NOSUPERUSER;"#])
        #expect(condition(raised, Roles(), .role("app"))?.reason == "Administered")
        #expect(condition(fixture, Roles(), .role("app"))?.reason == "Administered")
        let words = condition(fixture, Roles(), .role("app"))?.message ?? ""
        #expect(words.contains("they could use what the manifest gives it: pg_monitor."))
        // an application's own group is given all the same, and so is the right to log in
        fixture.cluster.roles[0].memberOf = ["readers", "pg_monitor"]
        role(&fixture) { $0.attributes = ["INHERIT"] }
        #expect(sql(fixture, Roles()) == [#"postgres: ALTER ROLE "app" LOGIN;"#])
        role(&fixture) { $0.attributes = ["INHERIT", "LOGIN"] }
        #expect(sql(fixture, Roles()) == [#"postgres: GRANT "readers" TO "app";"#])
        fixture.cluster.roles[0].memberOf = ["readers"]
        fixture.cluster.roles[0].createdb = true
        role(&fixture) { seen in
            seen.attributes = ["INHERIT", "LOGIN", "IN readers"]
            seen.granted = ["readers"]
        }
        #expect(sql(fixture, Roles()) == [])
        // what it has already stays, as long as the manifest gives no more
        role(&fixture) { $0.attributes = ["CREATEDB", "INHERIT", "LOGIN", "IN readers"] }
        #expect(condition(fixture, Roles(), .role("app")) == nil)
    }

    @Test("a role that owns something is kept, and the condition says what; one that holds nothing is dropped")
    func dropRole() {
        var fixture = fixture
        fixture.cluster.roles[0].ensure = .absent
        role(&fixture) { $0.holds = ["database appdb"] }
        #expect(sql(fixture, Roles()) == [])
        #expect(condition(fixture, Roles(), .role("app"))?.message.contains("database appdb") == true)
        role(&fixture) { $0.holds = [] }
        #expect(sql(fixture, Roles()) == ["drop role app"])
        fixture.database { $0.roles.removeAll { $0.name == "app" } }
        #expect(Roles().propose(fixture.input).waiting.isEmpty)
    }

    @Test("what is taken out of the manifest stays")
    func forgotten() {
        var fixture = fixture
        fixture.cluster.roles = []
        fixture.cluster.databases = []
        #expect(sql(fixture, Roles()) == [] && sql(fixture, Databases()) == [])
    }

    @Test("a database is created for an owner that is there, and gets its owner, limit and extensions back")
    func databases() {
        var fixture = fixture
        fixture.cluster.databases[0].connectionLimit = 9
        fixture.cluster.databases[0].extensions = [ExtensionSettings(name: "vector")]
        fixture.database { $0.databases = [] }
        let create = "postgres: CREATE DATABASE \"appdb\" OWNER \"app\" CONNECTION LIMIT 9;"
        #expect(sql(fixture, Databases()) == [create])
        let roles = fixture.observation.database.value?.roles ?? []
        fixture.database { $0.roles.removeAll { $0.name == "app" } }
        #expect(sql(fixture, Databases()) == [])
        fixture.database {
            $0.roles = roles
            $0.databases = [DeclaredDatabaseView(name: "appdb", owner: "postgres")]
        }
        #expect(sql(fixture, Databases()) == ["postgres: ALTER DATABASE \"appdb\" OWNER TO \"app\";"])
        fixture.database { $0.databases[0].owner = "app" }
        #expect(sql(fixture, Databases()) == ["postgres: ALTER DATABASE \"appdb\" CONNECTION LIMIT 9;"])
        fixture.database {
            $0.databases[0].connectionLimit = 9
            $0.databases[0].extensions = .unknown(UnknownReason(.unreachable, "not accepting connections"))
        }
        #expect(sql(fixture, Databases()) == [])
        #expect(condition(fixture, Databases(), .database("appdb"))?.reason == "Unseen")
        fixture.database {
            $0.databases[0].extensions = .present([ExtensionView(name: "vector", installed: nil, available: "0.8.1")])
        }
        #expect(
            sql(fixture, Databases()) == ["appdb: CREATE EXTENSION IF NOT EXISTS \"vector\" SCHEMA public;"])
    }

    @Test("an absent database goes only when it can be brought back and nobody is in it")
    func dropDatabase() {
        var fixture = fixture
        fixture.cluster.databases[0].ensure = .absent
        let good = fixture
        #expect(sql(good, Databases()) == ["drop database appdb"])
        func refused(_ reason: String, _ bend: (inout PlanningFixture) -> Void) {
            var bent = good
            bend(&bent)
            #expect(sql(bent, Databases()) == [])
            #expect(condition(bent, Databases(), .database("appdb"))?.reason == reason)
        }
        refused("Connected") { $0.database { $0.databases[0].sessions = ["app (psql)"] } }
        refused("NoBackup") { $0.cluster.backups.enabled = false }
        refused("NoBackup") { $0.database { $0.timeline = 2 } }
        refused("NotArchiving") { $0.database { $0.archiver.isFailing = true } }
        refused("NotArchiving") { $0.database { $0.archiver.lastArchived = "000000020000000000000001" } }
        refused("RepositoryUnseen") { $0.observation.repository = .unknown(UnknownReason(.timedOut, "")) }
        refused("Switchover") { $0.dcs { $0.handover = Handover(to: "pg-node-2") } }
        refused("NoBackup") { bent in
            bent.observation.repository = bent.observation.repository.map { view in
                var view = view
                view.backups[0].hasError = true
                return view
            }
        }
        refused("NoBackup") { bent in
            bent.observation.repository = bent.observation.repository.map { view in
                var full = BackupView(label: "a", type: "full", stoppedAt: 1, size: 1, hasError: true)
                full.firstSegment = "000000010000000000000002"
                var view = view
                view.backups[0].prior = "a"
                view.backups.insert(full, at: 0)
                return view
            }
        }
    }

    @Test("a statement that fails is not looked at all the time until it is due again")
    func failing() {
        var fixture = fixture
        fixture.cluster.schema.migrations = [Migration(name: "001.sql", sql: "SELECT 1/0;")]
        fixture.cluster.databases[0].owner = "pgadmin"
        role(&fixture) { $0.passwordMatches = false }
        for planner in [Schema(), Roles(), Databases()] as [any Reconciler] {
            let proposal = planner.propose(fixture.input)
            #expect(proposal.actions.count == 1 && !proposal.waiting.isEmpty)
            #expect(proposal.lookAgain == nil, "\(planner.name)")
        }
    }

    @Test("a database that cannot be entered blinds nobody but its own planner")
    func blindInside() {
        var fixture = PlanningFixture()
        fixture.database {
            $0.application.migrations = .unknown(UnknownReason(.unreachable, "not accepting connections"))
        }
        let proposal = Schema().propose(fixture.input)
        #expect(proposal.actions.isEmpty)
        #expect(proposal.conditions.map(\.status) == [.unknown])
        #expect(Accounts().propose(fixture.input).actions.isEmpty)
        #expect(fixture.effects(Poolers()) == [])
    }

    @Test("a role of the cluster that is missing is made with its password, and PgBouncer's with its function, at once")
    func ownRoles() {
        var fixture = PlanningFixture()
        let own = Accounts.wanted(fixture.cluster)
        fixture.database { view in
            view.roles.removeAll { seen in own.contains { $0.name == seen.name } }
            view.hasPoolerLogin = false
            view.hasMonitorFunction = false
        }
        let statements = sql(fixture, Accounts())
        for role in own {
            let made = statements.firstIndex { $0.hasPrefix("postgres: CREATE ROLE \"\(role.name)\" ") }
            #expect(made != nil, "\(role.name)")
            guard let made, let secret = role.secret else { continue }
            #expect(statements.dropFirst(made + 1).first == "password \(role.name) \(secret)")
        }
        #expect(statements.suffix(2).first?.contains("CREATE FUNCTION controller.pooler_login") == true)
        #expect(statements.last?.contains("CREATE FUNCTION controller.monitor") == true)
    }

    @Test("the monitor gets back what it needs to look, and loses what it does not need; so do its members")
    func monitor() throws {
        var fixture = PlanningFixture()
        func seen(_ change: (inout RoleView) -> Void) -> [String] {
            var fixture = fixture
            fixture.database { view in
                for place in view.roles.indices where view.roles[place].name == MonitorSettings.role {
                    change(&view.roles[place])
                }
            }
            return sql(fixture, Accounts())
        }
        #expect(seen { _ in }.isEmpty)
        let repairs: [(String, (inout RoleView) -> Void)] = [
            (" LOGIN", { $0.attributes.removeAll { $0 == "LOGIN" } }),
            (
                "GRANT pg_monitor TO \"controller_monitor\" WITH INHERIT TRUE;",
                { $0.attributes.removeAll { $0.hasPrefix("IN ") } }
            ),
            (
                "GRANT SET ON PARAMETER event_triggers TO \"controller_monitor\";",
                { $0.attributes.removeAll { $0.hasPrefix("MAY") } }
            ),
            (" NOSUPERUSER", { $0.attributes.append("SUPERUSER") }),
            (" NOCREATEROLE", { $0.attributes.append("CREATEROLE") }),
            (" NOREPLICATION", { $0.attributes.append("REPLICATION") }),
            (" CONNECTION LIMIT -1", { $0.connectionLimit = 0 }),
            ("REVOKE \"controller_monitor\" FROM \"p\"\"q\" CASCADE;", { $0.members = ["p\"q"] }),
        ]
        for (statement, change) in repairs {
            let statements = seen(change)
            #expect(statements.count == 1 && statements[0].contains(statement), "\(statement): \(statements)")
        }
        var read = fixture
        read.database { view in
            for place in view.roles.indices where view.roles[place].name == "console" {
                view.roles[place].attributes.append("IN pg_read_all_data")
                view.roles[place].granted = ["pg_read_all_data"]
            }
        }
        let revoked = sql(read, Accounts())
        #expect(revoked.count == 1 && revoked[0].contains("\nREVOKE pg_read_all_data FROM \"console\";"))
        fixture.database {
            $0.refusedConnections = [
                DatabaseConnection(MonitorSettings.role, "a\"b"), DatabaseConnection("pgbouncer", "postgres"),
            ]
        }
        #expect(
            sql(fixture, Accounts()) == [
                #"postgres: GRANT CONNECT ON DATABASE "a""b" TO "controller_monitor";"#,
                #"postgres: GRANT CONNECT ON DATABASE "postgres" TO "pgbouncer";"#,
            ])
    }

    @Test("a role that another role may grant to itself is not made the cluster's own; one that is already goes on")
    func administered() {
        func proposal(_ change: (inout RoleView) -> Void) -> Proposal {
            var fixture = PlanningFixture()
            fixture.database { view in
                for place in view.roles.indices where view.roles[place].name == "console" {
                    view.roles[place].administrators = ["pgadmin"]
                    change(&view.roles[place])
                }
            }
            return Accounts().propose(fixture.input)
        }
        #expect(proposal { _ in } == Proposal())
        for change in [{ $0.passwordMatches = false }, { $0.attributes = [] }] as [(inout RoleView) -> Void] {
            let refused = proposal(change)
            #expect(refused.actions.isEmpty && refused.waiting.count == 1)
            #expect(refused.conditions.map(\.reason) == ["Administered"])
            #expect(refused.conditions[0].message.contains(#"`REVOKE "console" FROM "pgadmin" CASCADE`"#))
        }
    }

    @Test("the missing extensions of a declared database are made in the manifest's order")
    func extensionsInOrder() {
        var fixture = fixture
        let names = ["cube", "earthdistance"]
        fixture.cluster.databases[0].extensions = names.map { ExtensionSettings(name: $0) }
        let name = fixture.cluster.databases[0].name
        fixture.database { view in
            for index in view.databases.indices where view.databases[index].name == name {
                view.databases[index].extensions = .present([])
            }
        }
        let wanted = names.map { "\(name): CREATE EXTENSION IF NOT EXISTS \"\($0)\" SCHEMA public;" }
        #expect(sql(fixture, Databases()) == wanted)
    }
}
