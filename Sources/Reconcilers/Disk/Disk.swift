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
        switch scope.engine.disk {
        case .unknown(.notLooked), .absent: return Proposal()
        case .unknown(let unknownReason):
            return Proposal(conditions: [
                Condition(
                    .diskSpaceLow, .unknown, reason: "DiskUnseen",
                    message: "the free space of the disk under the volumes could not be seen: \(unknownReason.detail)")
            ])
        case .present(let disk):
            // no event tells that a disk fills up
            return Proposal(
                conditions: condition(of: disk, at: scope).map { [$0] } ?? [], lookAgain: .seconds(30))
        }
    }

    private func condition(of disk: DiskView, at scope: EngineScope) -> Condition? {
        let settings = scope.cluster.disk
        let figures =
            "\(ByteCount(bytes: disk.freeBytes).brief) of \(ByteCount(bytes: disk.sizeBytes).brief) are free on the disk "
            + "under the volumes of etcd, the nodes and the repository"
        if disk.freeBytes < settings.criticalBytes(of: disk) {
            let advice =
                DiskUse.biggest(at: scope).map {
                    "of what the controller knows, the most is \($0.what), \(ByteCount(bytes: $0.bytes).brief): \($0.advice)"
                } ?? "the controller knows of nothing large in the cluster: `docker system df -v` shows what takes it"
            return Condition(
                .diskSpaceLow, .true, reason: "Critical",
                message: "\(figures). PostgreSQL stops when it is full; \(advice)")
        }
        guard disk.freeBytes < settings.warnBytes(of: disk) else { return nil }
        return Condition(
            .diskSpaceLow, .true, reason: "Low",
            message: "\(figures); make room, or change `spec.disk.warn` if that is enough")
    }
}
