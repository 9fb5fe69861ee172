import Model

/// What is known of whether this cluster has ever existed. An empty node is only ever initialised in an unborn one
/// (invariant I3).
enum History {
    /// Positively never: no key in etcd, no data on any node, nothing in the repository.
    case unborn
    /// Positively never, and the manifest wants it bootstrapped from a backup.
    case recovering(Recovery)
    /// It exists, with this system identifier.
    case born(systemIdentifier: String)
    /// Node data exists, but etcd has forgotten the cluster (faults E05 and E06).
    case forgotten(systemIdentifier: String)
    /// It existed and no data of it is left on any node (fault V04).
    case dataLost(String)
    /// Data of several clusters lies in our volumes, and nothing says which is ours.
    case contradictory([String])
    /// Not enough is seen to say.
    case unclear(String)

    init(_ scope: EngineScope, store: EtcdStore) {
        self = History.judge(scope, store: store)
        if case .unborn = self, let recovery = scope.cluster.recovery,
            scope.input.observation.dcs.value?.initialize == nil
        {
            self = .recovering(recovery)
        }
    }

    private static func judge(_ scope: EngineScope, store: EtcdStore) -> History {
        let contents = scope.cluster.nodeNames.map { DataContent($0, at: scope) }
        let known = contents.compactMap(\.systemIdentifier).sorted().reduce(into: [String]()) { list, next in
            if list.last != next { list.append(next) }
        }
        let isEmptyEverywhere = contents.allSatisfy { $0 == .nothing }
        let isBareEverywhere = scope.cluster.nodeNames.allSatisfy { DataContent($0, at: scope).isBare($0, at: scope) }
        let hasBackups = History.repository(scope)
        switch scope.input.observation.dcs {
        case .present(let dcs):
            if let identifier = dcs.initialize, !identifier.isEmpty {
                return isBareEverywhere && History.isLeaderGone(dcs, at: scope)
                    ? .dataLost("etcd knows the cluster \(identifier)") : .born(systemIdentifier: identifier)
            } else if dcs.initialize != nil {
                return .unborn
            } else if known.count > 1 {
                return .contradictory(known)
            } else if let identifier = known.first {
                return .forgotten(systemIdentifier: identifier)
            } else if !isEmptyEverywhere {
                // a node that runs without data is initialising, or waits to
                return contents.contains(.unseen) ? .unclear("the nodes' data volumes") : .unborn
            } else {
                return History.fromRepository(hasBackups)
            }
        case .absent, .unknown:
            guard store.isNotBootstrapped else { return .unclear("etcd") }
            if known.count > 1 {
                return .contradictory(known)
            } else if !known.isEmpty {
                return .unclear("etcd")
            } else {
                return isEmptyEverywhere ? History.fromRepository(hasBackups) : .unclear("the nodes' data volumes")
            }
        }
    }

    /// Whether there is no leader, or only the lease is left of a leader whose container and data are gone.
    private static func isLeaderGone(_ dcs: DCSView, at scope: EngineScope) -> Bool {
        guard let leader = dcs.leader?.node else { return true }
        return scope.cluster.nodeNames.contains(leader) && DataContent(leader, at: scope) == .nothing
    }

    private static func fromRepository(_ hasBackups: Sighting<Bool>) -> History {
        switch hasBackups {
        case .present(true): .dataLost("the repository holds backups of it")
        case .present(false), .absent: .unborn
        case .unknown: .unclear("the backup repository")
        }
    }

    private static func repository(_ scope: EngineScope) -> Sighting<Bool> {
        guard scope.cluster.backups.enabled else { return .absent }
        return scope.input.observation.repository.map { !$0.backups.isEmpty || $0.stanza != .missing }
    }
}

/// What one node holds.
enum DataContent: Equatable {
    /// No data: the volume is empty.
    case nothing
    /// A cluster's data.
    case data(systemIdentifier: String, PostgresData?)
    /// A half-finished copy.
    case fragment
    /// The container runs and has not said what it holds: it may be initialising.
    case running
    /// It could not be seen.
    case unseen

    init(_ node: NodeName, at scope: EngineScope) {
        guard let seen = scope.container(node.container) else {
            // without a container there is no look into the volume; without a volume there is nothing
            self = scope.volumes(of: node.text).isEmpty ? .nothing : .unseen
            return
        }
        if seen.state.isAlive {
            if let identifier = scope.input.observation.member(node).value?.systemIdentifier {
                self = .data(systemIdentifier: identifier, nil)
            } else {
                self = .running
            }
            return
        }
        switch seen.data {
        case .present(.empty): self = .nothing
        case .present(.postgres(let data)): self = .data(systemIdentifier: data.systemIdentifier, data)
        case .present(.incomplete), .present(.etcd): self = .fragment
        case .absent, .unknown: self = .unseen
        }
    }

    /// Whether there is nothing, or an idle Patroni that says so itself: it was started before all data was known to
    /// be gone, and waits for a leader to copy from.
    func isBare(_ node: NodeName, at scope: EngineScope) -> Bool {
        switch self {
        case .nothing: return true
        case .running:
            guard case .present(let member) = scope.input.observation.member(node) else { return false }
            return member.role == .uninitialized && member.state == .stopped
        case .data, .fragment, .unseen: return false
        }
    }

    var systemIdentifier: String? {
        switch self {
        case .data(let identifier, _): identifier
        case .nothing, .fragment, .running, .unseen: nil
        }
    }
}
