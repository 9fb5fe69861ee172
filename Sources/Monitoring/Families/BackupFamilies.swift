import Model
import Reconcilers
import Supervisor

/// The repository under pgbackrest_exporter's names, and the proofs that it can be restored.
enum BackupFamilies {
    static func families(_ snapshot: ClusterSnapshot) -> [MetricFamily] {
        let input = snapshot.report.input
        guard input.cluster.backups.enabled else { return [] }
        return repository(input) + proofs(snapshot)
    }

    private static func repository(_ input: PlanningInput) -> [MetricFamily] {
        let stanza = [MetricLabel("stanza", input.cluster.backups.stanza)]
        guard let view = input.observation.repository.value else {
            return [
                MetricFamily(
                    "pgbackrest_exporter_status", .gauge, "1 where the repository could be read.",
                    [MetricSample(0, stanza)])
            ]
        }
        let now = Double(input.now.wallMilliseconds) / 1000
        let backups = view.backups.suffix(100)
        func labels(_ backup: BackupView) -> [MetricLabel] {
            [
                MetricLabel("backup_name", backup.label), MetricLabel("backup_type", backup.type),
                MetricLabel("repo_key", "1"),
            ]
                + stanza
        }
        func each(_ name: String, _ help: String, _ value: (BackupView) -> Int64) -> MetricFamily {
            MetricFamily(name, .gauge, help, backups.map { MetricSample(Double(value($0)), labels($0)) })
        }
        // a backup that builds on others covers what they cover: the newest of any kind counts for its own kind and those below
        let kinds = ["full", "diff", "incr"]
        let newest = kinds.enumerated().compactMap { place, kind in
            view.backups.filter { kinds[...place].contains($0.type) }.map(\.stoppedAt).max().map { (kind, $0) }
        }
        return [
            MetricFamily(
                "pgbackrest_exporter_status", .gauge, "1 where the repository could be read.", [MetricSample(1, stanza)]
            ),
            MetricFamily(
                "pgbackrest_stanza_status", .gauge, "0 where the stanza is usable, else another number.",
                [MetricSample(Double(code(view.stanza)), stanza)]),
            each("pgbackrest_backup_info", "1 for each backup.") { _ in 1 },
            each("pgbackrest_backup_duration_seconds", "How long a backup took.") { $0.stoppedAt - $0.startedAt },
            each("pgbackrest_backup_size_bytes", "Bytes of the database that a backup covers.") { $0.size },
            each("pgbackrest_backup_repo_delta_bytes", "Bytes that a backup added to the repository.") {
                $0.repositorySize
            },
            each("pgbackrest_backup_error_status", "1 where pgBackRest found a page with a wrong checksum.") {
                $0.hasError ? 1 : 0
            },
            MetricFamily(
                "pgbackrest_backup_since_last_completion_seconds", .gauge,
                "How long ago the newest backup of a type, or of one that holds more, ended.",
                newest.map { kind, end in
                    MetricSample(max(0, now - Double(end)), [MetricLabel("backup_type", kind)] + stanza)
                }),
        ]
    }

    /// pgBackRest's codes: 0 ok, 1 missing stanza path, 99 other.
    private static func code(_ state: StanzaState) -> Int {
        switch state {
        case .ok: 0
        case .missing: 1
        case .broken: 99
        }
    }

    private static func proofs(_ snapshot: ClusterSnapshot) -> [MetricFamily] {
        let backups = snapshot.status.backups
        let window = RecoverableWindow(snapshot.report.input.observation)
        func seconds(_ time: Timestamp?) -> Double? { time.map { Double($0.microseconds) / 1_000_000 } }
        return [
            MetricFamily(
                "pg_controller_restore_proven_age_seconds", .gauge,
                "How long ago a drill ended that brought the data back.",
                value: backups.provenAgeSeconds.map { Double($0) }),
            MetricFamily(
                "pg_controller_drill_passed", .gauge, "1 where the newest drill passed.",
                value: backups.drill.map { $0.passed ? 1 : 0 }),
            MetricFamily(
                "pg_controller_verification_passed", .gauge, "1 where the newest verification found nothing wrong.",
                value: backups.verification.map { $0.passed ? 1 : 0 }),
            MetricFamily(
                "pg_controller_recoverable_from_timestamp_seconds", .gauge, "The earliest moment that can be restored.",
                value: seconds(window?.from)),
            MetricFamily(
                "pg_controller_recoverable_to_timestamp_seconds", .gauge, "The latest moment that can be restored.",
                value: seconds(window?.to)),
            MetricFamily(
                "pg_controller_archive_wal_bytes", .gauge, "Bytes of WAL that the primary keeps.",
                value: snapshot.report.input.observation.database.value.map { Double($0.archiver.walBytes) }),
        ]
    }
}
