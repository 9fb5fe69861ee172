import Model
import Testing

@testable import Reconcilers
@testable import Supervisor
@testable import PlanningFixtures

@Suite("The guard over what is dropped")
struct DropGuardTests {
    /// Everything in order for a drop of the database `scratch` and of the role `temporary`.
    private var fixture: PlanningFixture {
        var fixture = PlanningFixture()
        var role = DeclaredRole(name: "temporary")
        role.ensure = .absent
        fixture.cluster.roles = [role]
        var database = DeclaredDatabase(name: "scratch")
        database.ensure = .absent
        fixture.cluster.databases = [database]
        fixture.database {
            $0.roles.append(RoleView(name: "temporary", attributes: ["LOGIN"], passwordMatches: true))
            $0.databases = [DeclaredDatabaseView(name: "scratch", owner: "pgadmin")]
            $0.archiver.lastArchived = "000000010000000000000007"
        }
        repository(&fixture) {
            $0.firstSegment = "000000010000000000000004"
            $0.lastSegment = "000000010000000000000005"
        }
        return fixture
    }

    private func repository(_ fixture: inout PlanningFixture, _ change: (inout BackupView) -> Void) {
        var backup = BackupView(label: "b", type: "full", stoppedAt: 1_760_000_000, size: 1)
        change(&backup)
        fixture.observation.repository = .present(
            RepositoryView(stanza: .ok(systemIdentifier: PlanningFixture.system), backups: [backup]))
    }

    private func judge(_ effect: SQLEffect, _ fixture: PlanningFixture) -> Invariant? {
        var guards = Guards()
        let action = Action(.sql("pg-node-1", effect), on: .cluster, because: .declaredAbsent)
        return guards.violation(by: action, input: fixture.input)?.invariant
    }

    private func judge(_ bend: (inout PlanningFixture) -> Void) -> Invariant? {
        var bent = fixture
        bend(&bent)
        return judge(.dropDatabase("scratch"), bent)
    }

    @Test("what could not be seen of the roles and databases is no leave to drop one")
    func unseen() {
        var fixture = fixture
        fixture.database {
            $0.roles = []
            $0.databases = []
            $0.unseen = [UnseenPart(.accounts, UnknownReason(.timedOut))]
        }
        #expect(judge(.dropDatabase("scratch"), fixture) == .unknownIsNotAbsent)
        #expect(judge(.dropRole("temporary"), fixture) == .unknownIsNotAbsent)
    }

    @Test("lets go what the manifest names absent, and nothing else")
    func names() {
        #expect(judge(.dropDatabase("scratch"), fixture) == nil)
        #expect(judge(.dropRole("temporary"), fixture) == nil)
        for name in ["postgres", "appdb"] as [DatabaseName] {
            #expect(judge(.dropDatabase(name), fixture) == .onlyTheAbsentGo)
        }
        for name in ["pgadmin", "replicator", "rewinder", "console", "pgbouncer", "postgres", "x"] as [RoleName] {
            #expect(judge(.dropRole(name), fixture) == .onlyTheAbsentGo)
        }
        #expect(judge { $0.cluster.databases[0].ensure = .present } == .onlyTheAbsentGo)
        #expect(judge { $0.cluster.databases = [] } == .onlyTheAbsentGo)
        var bent = fixture
        bent.cluster.roles[0].ensure = .present
        #expect(judge(.dropRole("temporary"), bent) == .onlyTheAbsentGo)
    }

    @Test("keeps a database that could not be brought back, or that somebody uses")
    func backups() {
        #expect(judge { $0.database { $0.databases[0].sessions = ["app (psql)"] } } == .onlyTheAbsentGo)
        #expect(judge { repository(&$0) { $0.hasError = true } } == .onlyTheAbsentGo)
        #expect(judge { repository(&$0) { $0.prior = "one that is gone" } } == .onlyTheAbsentGo)
        #expect(judge { $0.database { $0.timeline = 2 } } == .onlyTheAbsentGo)
        #expect(judge { $0.database { $0.archiver.lastArchived = nil } } == .onlyTheAbsentGo)
        #expect(judge { $0.database { $0.archiver.isFailing = true } } == .onlyTheAbsentGo)
        #expect(judge { $0.cluster.backups.enabled = false } == .onlyTheAbsentGo)
        #expect(judge { $0.observation.repository = .unknown(.notLooked) } == .onlyTheAbsentGo)
    }

    @Test("keeps everything while who leads is not beyond doubt")
    func leadership() {
        #expect(judge { $0.dcs { $0.handover = Handover(to: "pg-node-2") } } == .onlyTheAbsentGo)
        #expect(judge { $0.dcs { $0.leader = nil } } == .onlyTheAbsentGo)
        #expect(judge { $0.database { $0.isInRecovery = true } } == .onlyTheAbsentGo)
        #expect(judge { $0.observation.database = .unknown(.notLooked) } == .unknownIsNotAbsent)
    }

    @Test("keeps a role that owns something or is connected")
    func roles() {
        var bent = fixture
        bent.database { view in
            for place in view.roles.indices where view.roles[place].name == "temporary" {
                view.roles[place].holds = ["1 sessions"]
            }
        }
        #expect(judge(.dropRole("temporary"), bent) == .onlyTheAbsentGo)
    }

    @Test("a drop is an interruption: it runs alone, after a fresh look")
    func alone() {
        #expect(Effect.sql("pg-node-1", .dropDatabase("scratch")).isDisruptive)
        #expect(Effect.sql("pg-node-1", .dropRole("temporary")).isDisruptive)
        #expect(!ObservationScope.guarding(.database("scratch")).isNarrow)
        #expect(!ObservationScope.guarding(.role("temporary")).isNarrow)
        #expect(ObservationScope.guarding(.leadership).isNarrow)
    }
}
