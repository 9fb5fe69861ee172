import Model

/// Something of the cluster's that takes room on the engine's disk.
struct DiskUse: Hashable {
    /// What it is.
    var what: String
    /// How much it takes, in bytes.
    var bytes: Int64
    /// What a person can do.
    var advice: String

    /// The biggest of what was observed; nil where nothing was.
    static func biggest(at scope: EngineScope) -> DiskUse? {
        (wal(at: scope) + repository(at: scope) + data(at: scope)).max { $0.bytes < $1.bytes }
    }

    /// WAL beyond what the primary should need, with the reason why it is kept.
    private static func wal(at scope: EngineScope) -> [DiskUse] {
        guard let archiver = scope.input.observation.database(seeing: .archiver).value?.archiver,
            archiver.walBytes > archiver.expectedWALBytes
        else { return [] }
        if archiver.isFailing {
            return [
                DiskUse(
                    what: "WAL that is not archived", bytes: archiver.walBytes,
                    advice: "archiving fails, and the condition Archiving says why")
            ]
        }
        guard let slot = archiver.oldestSlot, slot.bytes > archiver.expectedWALBytes else {
            return [
                DiskUse(
                    what: "WAL", bytes: archiver.walBytes,
                    advice: "much is being written, and it goes with the next checkpoints")
            ]
        }
        return [
            DiskUse(
                what: "WAL for replication slot \(slot.name)", bytes: slot.bytes,
                advice: slot.isActive
                    ? "its reader is behind"
                    : "no session reads from it; if none will, drop it: "
                        + "`SELECT pg_drop_replication_slot('\(slot.name)')`")
        ]
    }

    private static func repository(at scope: EngineScope) -> [DiskUse] {
        guard scope.cluster.backups.enabled, let name = scope.cluster.backups.repositoryVolume,
            scope.engine.volume(name)?.isOnEngineDisk == true,
            let backups = scope.input.observation.repository.value?.backups, !backups.isEmpty
        else { return [] }
        return [
            DiskUse(
                what: "the \(backups.count) backups in volume \(name)",
                bytes: backups.reduce(0) { $0 + $1.repositorySize },
                advice: "lower `spec.backups.retention`, or move the repository to S3-compatible storage")
        ]
    }

    /// Each node on the disk holds the same databases, whose size the newest backup tells.
    private static func data(at scope: EngineScope) -> [DiskUse] {
        guard let size = scope.input.observation.repository.value?.backups.last?.size else { return [] }
        let nodes = scope.cluster.nodeNames.filter {
            scope.volumes(of: $0.text).first?.isOnEngineDisk == true
        }
        guard !nodes.isEmpty else { return [] }
        return [
            DiskUse(
                what: "the databases, once on each of \(nodes.count) nodes", bytes: size * Int64(nodes.count),
                advice:
                    "delete what is not needed, or get a larger disk; a table gives room back with VACUUM FULL, which "
                    + "needs room for a copy first")
        ]
    }
}
