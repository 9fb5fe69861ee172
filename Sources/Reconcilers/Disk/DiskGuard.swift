import Model

/// Whether new transactions shall be read-only because the disk is nearly full. What etcd holds now is its only memory, so a
/// controller that starts anew goes on with it.
struct DiskGuard {
    /// The parameter of PostgreSQL's. The controller's, Patroni's and pgBackRest's sessions do not go by it.
    static let parameter = "default_transaction_read_only"
    /// What is wanted.
    let isReadOnly: Bool
    /// What etcd holds.
    let isOn: Bool

    init(at scope: EngineScope) {
        let cluster = scope.cluster
        let isWanted =
            cluster.disk.makesReadOnly
            && !cluster.postgres.parameters.contains { $0.name == DiskGuard.parameter }
            && cluster.nodeNames.contains { scope.volumes(of: $0.text).first?.isOnEngineDisk == true }
        isOn =
            scope.input.observation.dcs.value?.configuration?.parameters?[DiskGuard.parameter]?.string == "on"
        guard isWanted else {
            isReadOnly = false
            return
        }
        // unknown free space changes nothing
        guard case .present(let disk) = scope.engine.disk else {
            isReadOnly = isOn
            return
        }
        isReadOnly =
            disk.freeBytes < (isOn ? cluster.disk.writableBytes(of: disk) : cluster.disk.readOnlyBytes(of: disk))
    }
}
