import Model
import Reconcilers
import Testing

@testable import Monitoring
@testable import PlanningFixtures
@testable import Supervisor

@Suite("What a pass says as metrics")
struct FamiliesTests {
    private func snapshot(
        _ fixture: PlanningFixture = PlanningFixture(), _ change: (inout ClusterSnapshot) -> Void = { _ in }
    ) -> ClusterSnapshot {
        let plan = Plan(fixture.input, reconcilers: Reconcilers.all)
        let report = PassReport(input: fixture.input, plan: plan)
        let status = StatusReport(
            input: fixture.input, conditions: report.conditions, waiting: plan.waiting, pending: report.decisions)
        var snapshot = ClusterSnapshot(
            report: report, status: status, counts: MonitoringCounts(), measured: LatestMeasurements(),
            passedAt: PlanningFixture.now, passDuration: .milliseconds(25))
        change(&snapshot)
        return snapshot
    }

    private func value(_ name: String, _ labels: [String: String] = [:], in snapshot: ClusterSnapshot) -> Double? {
        let samples = Families.of(snapshot).filter { $0.name == name }.flatMap(\.samples)
        let found = samples.filter { sample in
            labels.allSatisfy { key, value in sample.labels.contains(MetricLabel(key, value)) }
        }
        return found.count == 1 ? found[0].value : nil
    }

    @Test("a healthy cluster: one primary, all replicas stream, one etcd member and one replica may be lost")
    func healthy() {
        let seen = snapshot()
        #expect(value("pg_controller_primaries", in: seen) == 1)
        #expect(value("pg_controller_replicas_streaming", in: seen) == 2)
        #expect(value("pg_controller_etcd_quorum_margin", in: seen) == 1)
        #expect(value("pg_controller_synchronous_margin", in: seen) == 1)
        #expect(value("pg_controller_last_pass_duration_seconds", in: seen) == 0.025)
        #expect(value("pg_controller_node_info", ["node": "pg-node-1", "role": "primary"], in: seen) == 1)
    }

    @Test(
        "the room of each volume on the engine's disk; none while it is unknown, and none of a volume that is elsewhere"
    )
    func volumes() {
        var fixture = PlanningFixture()
        let labels = ["volume": "pg-node-1-data", "purpose": "node"]
        #expect(value("pg_controller_volume_free_bytes", labels, in: snapshot(fixture)) == nil)
        fixture.engine.disk = .present(DiskView(sizeBytes: 100, freeBytes: 40))
        #expect(value("pg_controller_volume_free_bytes", labels, in: snapshot(fixture)) == 40)
        #expect(value("pg_controller_volume_size_bytes", labels, in: snapshot(fixture)) == 100)
        for place in fixture.engine.volumes.indices where fixture.engine.volumes[place].name == "pg-node-1-data" {
            fixture.engine.volumes[place].isOnEngineDisk = false
        }
        #expect(value("pg_controller_volume_free_bytes", labels, in: snapshot(fixture)) == nil)
    }

    @Test("without a quorum the margin is negative, and without the need for a standby there is none")
    func margins() {
        var fixture = PlanningFixture()
        guard case .present(var view) = fixture.observation.etcd else { return }
        for place in view.endpoints.indices.dropFirst() { view.endpoints[place].status = .unknown(.notLooked) }
        fixture.observation.etcd = .present(view)
        fixture.cluster.postgres.synchronous.mode = .off
        let seen = snapshot(fixture)
        #expect(value("pg_controller_etcd_quorum_margin", in: seen) == -1)
        #expect(value("pg_controller_synchronous_margin", in: seen) == nil)
    }

    @Test("each condition has a series, and a bad one says so")
    func conditions() {
        let seen = snapshot(PlanningFixture()) { snapshot in
            snapshot.status.add(
                StatusReport.ConditionLine(
                    Condition(.dataLost, .true, reason: "Gone", message: "gone", subject: .cluster)))
        }
        #expect(value("pg_controller_condition_bad", ["type": "DataLost"], in: seen) == 1)
        #expect(
            value("pg_controller_condition", ["type": "DataLost", "status": "True", "reason": "Gone"], in: seen) == 1)
        #expect(value("pg_controller_condition_bad", ["type": "EtcdHealthy"], in: seen) == 0)
        #expect(value("pg_controller_ready", in: seen) == 0)
    }

    @Test("the newest failover is known by its event, also of an earlier run; counters count this run")
    func failover() {
        func event(_ kind: Measurement.Kind, _ seconds: Double, _ time: String) -> Event {
            Event(
                time: time, cluster: "demo", kind: .action, object: "leadership", what: "over", reason: "", message: "",
                measured: Measurement(kind, seconds: seconds))
        }
        let seen = snapshot { snapshot in
            snapshot.measured.note(event(.failover, 1.1, "2026-11-23T05:58:35.651Z"))
            snapshot.measured.note(event(.failover, 0.6, "2026-11-24T05:58:35.000Z"))
            snapshot.counts.note(event(.failover, 0.6, "2026-11-24T05:58:35.000Z"))
            snapshot.counts.note(event(.replicaRestart, 3, "2026-11-24T05:58:36.000Z"))
        }
        #expect(value("pg_controller_last_failover_outage_seconds", in: seen) == 0.6)
        #expect(value("pg_controller_last_failover_timestamp_seconds", in: seen) == 1_795_499_915)
        #expect(value("pg_controller_failovers_total", in: seen) == 1)
        #expect(value("pg_controller_switchovers_total", in: seen) == 0)
        #expect(value("pg_controller_last_switchover_client_pause_seconds", in: seen) == nil)
        #expect(value("pg_controller_events_total", ["kind": "Action"], in: seen) == 2)
    }

    @Test("backups: a full one counts for the smaller kinds, too")
    func backups() {
        var fixture = PlanningFixture()
        let now = PlanningFixture.now.wallMilliseconds / 1000
        fixture.observation.repository = .present(
            RepositoryView(
                stanza: .ok(systemIdentifier: PlanningFixture.system),
                backups: [
                    BackupView(label: "a", type: "incr", stoppedAt: now - 300, size: 1),
                    BackupView(label: "b", type: "full", stoppedAt: now - 100, size: 2),
                ]))
        let seen = snapshot(fixture)
        for (kind, age) in [("full", 100.0), ("diff", 100), ("incr", 100)] {
            #expect(value("pgbackrest_backup_since_last_completion_seconds", ["backup_type": kind], in: seen) == age)
        }
        #expect(value("pgbackrest_stanza_status", in: seen) == 0)
        fixture.observation.repository = .unknown(.notLooked)
        #expect(value("pgbackrest_exporter_status", in: snapshot(fixture)) == 0)
    }

    @Test("a node's state has no exit code, which would make a series for each")
    func states() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", exitCode: 137)
        #expect(
            value("pg_controller_node_info", ["node": "pg-node-3", "state": "stopped"], in: snapshot(fixture)) == 1)
    }

    @Test(
        "names follow the rules: counters and nothing else end in _total, each metric has a help text, names are unique"
    )
    func names() {
        let families = Families.of(snapshot())
        for family in families {
            #expect(Exposition.isName(family.name) && !family.help.isEmpty, "\(family.name)")
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
        }
        #expect(Set(families.map(\.name)).count == families.count)
    }
}
