import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("Declared roles and databases")
struct DeclaredTests {
    /// A healthy cluster that declares a role and a database, both as wanted.
    private var scenery: Scenery {
        var scenery = Scenery()
        var role = DeclaredRole(name: "app")
        role.login = true
        role.memberOf = ["pg_monitor"]
        scenery.cluster.roles = [role]
        var database = DeclaredDatabase(name: "appdb")
        database.owner = "app"
        scenery.cluster.databases = [database]
        var seen = RoleView(name: "app", attributes: ["INHERIT", "IN pg_monitor", "LOGIN"], passwordMatches: true)
        seen.granted = ["pg_monitor"]
        scenery.database {
            $0.roles.append(seen)
            $0.databases = [DeclaredDatabaseView(name: "appdb", owner: "app")]
            $0.archiver.lastArchived = "000000010000000000000007"
        }
        let configuration = DynamicConfiguration.desired(for: scenery.cluster, poolers: ["10.0.0.2"])
        scenery.dcs { $0.configuration = configuration }
        var backup = BackupView(label: "b", type: "full", stoppedAt: 1_760_000_000, size: 1)
        backup.firstSegment = "000000010000000000000004"
        backup.lastSegment = "000000010000000000000005"
        scenery.observation.repository = .present(
            RepositoryView(stanza: .ok(systemIdentifier: Scenery.system), backups: [backup]))
        return scenery
    }

    private func role(_ scenery: inout Scenery, _ change: (inout RoleView) -> Void) {
        scenery.database { view in
            for place in view.roles.indices where view.roles[place].name == "app" { change(&view.roles[place]) }
        }
    }

    private func sql(_ scenery: Scenery, _ planner: any Reconciler) -> [String] {
        scenery.effects(planner).map { effect in
            switch effect {
            case .sql(_, .script(let database, let text)): "\(database): \(text)"
            case .sql(_, .migrate(let database, let file, let role)): "\(database): \(file.name) as \(role)"
            case .sql(_, .setPassword(let role, let secret)): "password \(role) \(secret)"
            case .sql(_, .checkpoint): "checkpoint"
            case .sql(_, .advanceWAL): "a WAL record"
            case .sql(_, .dropDatabase(let name)): "drop database \(name)"
            case .sql(_, .dropRole(let name)): "drop role \(name)"
            case .docker, .etcd, .patroni, .pooler: "something else"
            }
        }
    }

    private func condition(_ scenery: Scenery, _ planner: any Reconciler, _ subject: Subject) -> Condition? {
        planner.propose(scenery.scene).conditions.first { $0.subject == subject }
    }

    /// B, kind 1: one question that fails has hidden everything else, and the poolers stayed where they were.
    @Test("a part of the database that cannot be seen is left alone, and blinds nothing else")
    func unseenPart() throws {
        var blind = scenery
        blind.database {
            $0.roles = []
            $0.databases = []
            $0.unseen = [UnseenPart(.accounts, Blindness(.unreachable, "schema of somebody's"))]
        }
        for planner in [Accounts(), Roles(), Databases(), Schema()] as [any Reconciler] {
            #expect(blind.effects(planner) == [], "\(planner.name)")
        }
        for planner in [Roles(), Databases(), Schema()] as [any Reconciler] {
            let seen = try #require(planner.propose(blind.scene).conditions.first)
            #expect(seen.status == .unknown && seen.message.contains("schema of somebody's"), "\(planner.name)")
        }
        for planner in [Poolers(), Failover(), Nodes(), Backups(), Switchovers()] as [any Reconciler] {
            #expect(planner.propose(blind.scene) == planner.propose(scenery.scene), "\(planner.name)")
        }
        blind = scenery
        blind.database { $0.unseen = [UnseenPart(.archiver, Blindness(.timedOut, "too slow"))] }
        let archiving = Backups().propose(blind.scene).conditions.first { $0.type == .archiving }
        #expect(archiving?.status == .unknown && archiving?.message.contains("too slow") == true)
        #expect(Roles().propose(blind.scene) == Roles().propose(scenery.scene))
    }

    /// D: a role that another one has made, with a name whose second letter takes the quote behind it into its character.
    @Test("a name's quote is doubled whatever letter stands before it")
    func quoteBehindALetter() {
        var scenery = scenery
        role(&scenery) { $0.granted = ["pg_monitor", "a\u{0600}\"; ALTER ROLE app SUPERUSER; --"] }
        #expect(
            sql(scenery, Roles()) == [
                "postgres: REVOKE \"a\u{0600}\"\"; ALTER ROLE app SUPERUSER; --\" FROM \"app\";"
            ])
    }

    @Test("whose password the controller has lost keep it, and a condition says so; one that has none gets one")
    func lostPassword() {
        var scenery = scenery
        role(&scenery) { ($0.passwordMatches, $0.hasPassword) = (false, true) }
        #expect(sql(scenery, Roles()).isEmpty)
        let lost = condition(scenery, Roles(), .role("app"))
        #expect(lost?.type == .secretLost && lost?.message.contains("--rotate app") == true)
        scenery.observation.secrets.append(SecretView(name: "role-app", version: "1"))
        #expect(sql(scenery, Roles()) == ["password app role-app"])
        scenery.observation.secrets.removeLast()
        role(&scenery) { $0.hasPassword = false }
        #expect(sql(scenery, Roles()) == ["password app role-app"])
    }

    @Test("that are as wanted need nothing, and say so")
    func atRest() {
        for planner in [Roles(), Databases()] as [any Reconciler] {
            let proposal = planner.propose(scenery.scene)
            #expect(proposal.actions.isEmpty && proposal.waiting.isEmpty && proposal.lookAgain == nil)
            #expect(proposal.conditions.map(\.status) == [.true])
        }
        #expect(scenery.effects(Configuration()) == [])
        #expect(Roles().propose(Scenery().scene) == Proposal())
        #expect(Databases().propose(Scenery().scene) == Proposal())
    }

    @Test("a missing role is created, then joins its groups, and then gets its password")
    func create() {
        var scenery = scenery
        scenery.cluster.roles[0].createdb = true
        scenery.cluster.roles[0].connectionLimit = 5
        scenery.cluster.roles[0].validUntil = Timestamp("2027-01-31 10:00:00+01")
        scenery.database { $0.roles.removeAll { $0.name == "app" } }
        #expect(
            sql(scenery, Roles()) == [
                "postgres: CREATE ROLE \"app\" LOGIN CREATEDB CONNECTION LIMIT 5 "
                    + "VALID UNTIL '2027-01-31 09:00:00.000000+00';"
            ])
        var seen = RoleView(name: "app", attributes: ["CREATEDB", "INHERIT", "LOGIN"], passwordMatches: false)
        seen.connectionLimit = 5
        seen.validUntil = Timestamp("2027-01-31 09:00:00Z")
        scenery.database { $0.roles.append(seen) }
        #expect(sql(scenery, Roles()) == ["postgres: GRANT \"pg_monitor\" TO \"app\";"])
        role(&scenery) { $0.attributes.append("IN pg_monitor") }
        #expect(sql(scenery, Roles()) == ["password app role-app"])
    }

    @Test("a role is repaired where the manifest says something, and left alone where it does not")
    func drift() {
        var scenery = scenery
        role(&scenery) {
            $0.attributes = ["CREATEDB", "IN pg_monitor", "LOGIN"]
            $0.connectionLimit = 3
            $0.validUntil = Timestamp(seconds: 0)
        }
        #expect(sql(scenery, Roles()) == [])
        scenery.cluster.roles[0].createdb = false
        scenery.cluster.roles[0].inherit = true
        scenery.cluster.roles[0].connectionLimit = -1
        #expect(sql(scenery, Roles()) == ["postgres: ALTER ROLE \"app\" NOCREATEDB INHERIT CONNECTION LIMIT -1;"])
        scenery = self.scenery
        role(&scenery) { $0.attributes = ["IN pg_monitor", "REPLICATION", "SUPERUSER"] }
        #expect(sql(scenery, Roles()) == ["postgres: ALTER ROLE \"app\" LOGIN NOSUPERUSER NOREPLICATION;"])
    }

    @Test("a membership that is not listed any more goes only where it came from here")
    func memberships() {
        var scenery = scenery
        role(&scenery) { $0.attributes.append("IN others") }
        #expect(sql(scenery, Roles()) == [])
        role(&scenery) { $0.granted.append("others") }
        #expect(sql(scenery, Roles()) == ["postgres: REVOKE \"others\" FROM \"app\";"])
        scenery.cluster.roles[0].memberOf = nil
        #expect(sql(scenery, Roles()) == [])
    }

    @Test("a password changes only while every pooler may use the certificate in the role's name")
    func rotation() {
        var scenery = scenery
        role(&scenery) { $0.passwordMatches = false }
        #expect(sql(scenery, Roles()) == ["password app role-app"])
        let configuration = DynamicConfiguration.desired(for: scenery.cluster)
        scenery.dcs { $0.configuration = configuration }
        #expect(sql(scenery, Roles()) == [])
        #expect(Roles().propose(scenery.scene).waiting == ["the poolers' access, before the password of app changes"])
        #expect(scenery.effects(Configuration()).count == 1)
        scenery.cluster.pooler.enabled = false
        #expect(sql(scenery, Roles()) == ["password app role-app"])
    }

    @Test(
        "the certificate is good for logins that the manifest knows, from the poolers' addresses, and stays for one away"
    )
    func access() {
        var scenery = scenery
        let rule = "hostssl all app,console,pgadmin 10.0.0.2/32 cert map=pooler"
        func rules(_ scenery: Scenery) -> [String] {
            guard let site = Site(scenery.scene), let current = scenery.observation.dcs.value?.configuration else {
                return []
            }
            let addresses = PoolerAccess(at: site, current: current).addresses
            return PoolerAccess.rules(for: addresses, scenery.cluster)
        }
        #expect(rules(scenery) == [rule])
        for pooler in scenery.cluster.poolers { scenery.stop(pooler.name, exitCode: 0) }
        #expect(rules(scenery) == [rule])
        scenery.cluster.pooler.enabled = false
        #expect(rules(scenery) == [])
        let hba = DynamicConfiguration.hba(scenery.cluster, poolers: ["10.0.0.2"])
        #expect(hba.suffix(2) == [rule, "host all all all scram-sha-256"])
    }

    @Test("a role that owns something is kept, and the condition says what; one that holds nothing is dropped")
    func dropRole() {
        var scenery = scenery
        scenery.cluster.roles[0].ensure = .absent
        role(&scenery) { $0.holds = ["database appdb"] }
        #expect(sql(scenery, Roles()) == [])
        #expect(condition(scenery, Roles(), .role("app"))?.message.contains("database appdb") == true)
        role(&scenery) { $0.holds = [] }
        #expect(sql(scenery, Roles()) == ["drop role app"])
        scenery.database { $0.roles.removeAll { $0.name == "app" } }
        #expect(Roles().propose(scenery.scene).waiting.isEmpty)
    }

    @Test("what is taken out of the manifest stays")
    func forgotten() {
        var scenery = scenery
        scenery.cluster.roles = []
        scenery.cluster.databases = []
        #expect(sql(scenery, Roles()) == [] && sql(scenery, Databases()) == [])
    }

    @Test("a database is created for an owner that is there, and gets its owner, limit and extensions back")
    func databases() {
        var scenery = scenery
        scenery.cluster.databases[0].connectionLimit = 9
        scenery.cluster.databases[0].extensions = [ExtensionSettings(name: "vector")]
        scenery.database { $0.databases = [] }
        let create = "postgres: CREATE DATABASE \"appdb\" OWNER \"app\" CONNECTION LIMIT 9;"
        #expect(sql(scenery, Databases()) == [create])
        let roles = scenery.observation.database.value?.roles ?? []
        scenery.database { $0.roles.removeAll { $0.name == "app" } }
        #expect(sql(scenery, Databases()) == [])
        scenery.database {
            $0.roles = roles
            $0.databases = [DeclaredDatabaseView(name: "appdb", owner: "postgres")]
        }
        #expect(sql(scenery, Databases()) == ["postgres: ALTER DATABASE \"appdb\" OWNER TO \"app\";"])
        scenery.database { $0.databases[0].owner = "app" }
        #expect(sql(scenery, Databases()) == ["postgres: ALTER DATABASE \"appdb\" CONNECTION LIMIT 9;"])
        scenery.database {
            $0.databases[0].connectionLimit = 9
            $0.databases[0].extensions = .unknown(Blindness(.unreachable, "not accepting connections"))
        }
        #expect(sql(scenery, Databases()) == [])
        #expect(condition(scenery, Databases(), .database("appdb"))?.reason == "Unseen")
        scenery.database {
            $0.databases[0].extensions = .present([ExtensionView(name: "vector", installed: nil, available: "0.8.1")])
        }
        #expect(
            sql(scenery, Databases()) == ["appdb: CREATE EXTENSION IF NOT EXISTS \"vector\" SCHEMA public;"])
    }

    @Test("an absent database goes only when it can be brought back and nobody is in it")
    func dropDatabase() {
        var scenery = scenery
        scenery.cluster.databases[0].ensure = .absent
        let good = scenery
        #expect(sql(good, Databases()) == ["drop database appdb"])
        func refused(_ reason: String, _ bend: (inout Scenery) -> Void) {
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
        refused("RepositoryUnseen") { $0.observation.repository = .unknown(Blindness(.timedOut, "")) }
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
        var scenery = scenery
        scenery.cluster.schema.migrations = [Migration(name: "001.sql", sql: "SELECT 1/0;")]
        scenery.cluster.databases[0].owner = "pgadmin"
        role(&scenery) { $0.passwordMatches = false }
        for planner in [Schema(), Roles(), Databases()] as [any Reconciler] {
            let proposal = planner.propose(scenery.scene)
            #expect(proposal.actions.count == 1 && !proposal.waiting.isEmpty)
            #expect(proposal.lookAgain == nil, "\(planner.name)")
        }
    }

    @Test("a database that cannot be entered blinds nobody but its own planner")
    func blindInside() {
        var scenery = Scenery()
        scenery.database { $0.migrations = .unknown(Blindness(.unreachable, "not accepting connections")) }
        let proposal = Schema().propose(scenery.scene)
        #expect(proposal.actions.isEmpty)
        #expect(proposal.conditions.map(\.status) == [.unknown])
        #expect(Accounts().propose(scenery.scene).actions.isEmpty)
        #expect(scenery.effects(Poolers()) == [])
    }
}
