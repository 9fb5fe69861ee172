public import Model

/// Tells that the disk under the volumes gets full, and what takes most of it. It changes nothing.
public struct Disk: Reconciler {
    /// Its name in plans and events.
    public let name = "disk"
    /// Creates the planner.
    public init() {}

    /// One condition while free space is below a mark, or cannot be seen.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        let diskGuard = DiskGuard(at: scope)
        let isReadOnly = diskGuard.isReadOnly
        switch scope.engine.disk {
        case .absent: return Proposal()
        case .unknown(.notLooked) where !isReadOnly: return Proposal()
        case .unknown(let unknownReason):
            let unseen = "the free space of the disk under the volumes could not be seen: \(unknownReason.detail)"
            return Proposal(conditions: [
                isReadOnly
                    ? Condition(
                        .diskSpaceLow, .true, reason: "ReadOnly",
                        message: "\(unseen). New transactions stay read-only until it can")
                    : Condition(.diskSpaceLow, .unknown, reason: "DiskUnseen", message: unseen)
            ])
        case .present(let disk):
            let condition = condition(of: disk, diskGuard, at: scope)
            // the world wakes the loop when much has changed; near the end every little counts
            let isPressing = condition.map { $0.reason != "Low" } ?? false
            return Proposal(conditions: condition.map { [$0] } ?? [], lookAgain: isPressing ? .seconds(5) : nil)
        }
    }

    private func condition(of disk: DiskView, _ diskGuard: DiskGuard, at scope: EngineScope) -> Condition? {
        let settings = scope.cluster.disk
        let figures =
            "\(ByteCount(bytes: disk.freeBytes).brief) of \(ByteCount(bytes: disk.sizeBytes).brief) are free on the disk "
            + "under the volumes of etcd, the nodes and the repository"
        if diskGuard.isReadOnly {
            // between the wish and etcd are the primary's Patroni and people's pauses
            let state = diskGuard.isOn ? "New transactions are" : "Not done yet: new transactions shall be"
            return Condition(
                .diskSpaceLow, .true, reason: "ReadOnly",
                message: "\(figures). \(state) read-only until "
                    + "\(ByteCount(bytes: settings.writableBytes(of: disk)).brief) are free; \(advice(at: scope))")
        }
        if disk.freeBytes < settings.criticalBytes(of: disk) {
            return Condition(
                .diskSpaceLow, .true, reason: "Critical",
                message: "\(figures). PostgreSQL stops when it is full; \(advice(at: scope))")
        }
        guard disk.freeBytes < settings.warnBytes(of: disk) else { return nil }
        return Condition(
            .diskSpaceLow, .true, reason: "Low",
            message: "\(figures); make room, or change `spec.disk.warn` if that is enough")
    }

    private func advice(at scope: EngineScope) -> String {
        let used = scope.engine.disk.value.map { $0.sizeBytes - $0.freeBytes } ?? 0
        if let biggest = DiskUse.biggest(at: scope), biggest.bytes < used / 10 {
            return
                "the cluster takes little of it (the most is \(biggest.what), \(ByteCount(bytes: biggest.bytes).brief)): look for "
                + "what else is on the disk, with `docker system df -v` and `du`"
        }
        return DiskUse.biggest(at: scope).map {
            "of what the controller knows, the most is \($0.what), \(ByteCount(bytes: $0.bytes).brief): \($0.advice)"
        } ?? "the controller knows of nothing large in the cluster: `docker system df -v` shows what takes it"
    }
}
