import Model

/// What keeps a node that does not run from being started. One kind for each row of `StartConditions.table`.
enum StartObstacle: Hashable {
    case restore
    case requestedCopy
    case anotherLeader
    case election
    case unseenTransport
    case unseenHistory(String)
    case allDataLost
    case dataOfSeveralClusters
    case forgottenByEtcd
    case bootstrapFromBackup
    case halfCluster
    case foreignData(systemIdentifier: String)
    case otherMajorVersion(Int)
    case halfCopy
    case unseenData
    /// The data of another node that does not run is newer.
    case newerData(NodeName)
    case unseenDataOf(NodeName)
    /// A node that runs may be elected, and its data is as new.
    case electionOfRunning

    /// What the node waits for, in words that follow "waits for".
    var words: String {
        switch self {
        case .restore: "the change to the restored data"
        case .requestedCopy: "a fresh volume, which a person asked for"
        case .anotherLeader: "another node to lead"
        case .election, .electionOfRunning: "the election"
        case .unseenTransport: "a look at etcd, which may refuse nodes without TLS"
        case .unseenHistory(let what): "a look at \(what)"
        case .allDataLost: "a restore, because all data is lost"
        case .dataOfSeveralClusters: "a person, because the volumes hold data of several clusters"
        case .forgottenByEtcd: "etcd to be told of the cluster again"
        case .bootstrapFromBackup: "the restore"
        case .halfCluster: "a fresh volume; its own holds half a cluster"
        case .foreignData(let identifier): "a volume of this cluster; its own holds \(identifier)"
        case .otherMajorVersion(let version): "PostgreSQL \(version), which its data belongs to"
        case .halfCopy: "a fresh volume; its own holds half a copy"
        case .unseenData: "a look into its data volume"
        case .newerData(let node): "\(node), whose data is newer"
        case .unseenDataOf(let node): "a look into the data of \(node)"
        }
    }
}

/// "May this node start?" as one decision table: the first row that applies is what the node waits for, and a node that
/// no row applies to is started.
struct StartConditions {
    /// One row.
    struct Row: Sendable {
        /// When it applies, in words.
        let condition: String
        /// What the node waits for; nil where the row does not apply.
        let obstacle: @Sendable (StartConditions) -> StartObstacle?
    }

    let nodeSet: NodeSet
    let node: NodeView

    /// The rows in the order in which they are tried.
    static let table: [Row] = [
        Row(condition: "a restore in place changes the cluster over to the restored data") {
            $0.nodeSet.isSwitching ? .restore : nil
        },
        Row(condition: "a person asked for a fresh copy of its data, and another node leads") {
            $0.nodeSet.isToReinit($0.node) ? .requestedCopy : nil
        },
        Row(condition: "it is the dead leader, and Patroni would elect another node") {
            $0.isElectionAhead && $0.node.isLeader ? .anotherLeader : nil
        },
        Row(condition: "there is no leader, and Patroni would elect another node") {
            $0.isElectionAhead && $0.hasNoLeader ? .election : nil
        },
        Row(
            condition:
                "it does not speak TLS with etcd, whose members take both protocols and cannot be asked: etcd may have "
                + "authentication on, and refuse it"
        ) {
            $0.isTransportUnseen ? .unseenTransport : nil
        },
        Row(
            condition: "etcd cannot be seen; only a node with data of this version may start, and the newest data first"
        ) {
            if case .unclear(let what) = $0.nodeSet.history { $0.whileUnclear(what) } else { nil }
        },
        Row(condition: "no node has data, and the cluster existed") {
            if case .dataLost = $0.nodeSet.history { .allDataLost } else { nil }
        },
        Row(condition: "the volumes hold data of several clusters, and etcd knows none") {
            if case .contradictory = $0.nodeSet.history { .dataOfSeveralClusters } else { nil }
        },
        Row(condition: "etcd has forgotten the cluster that the nodes have data of") {
            if case .forgotten = $0.nodeSet.history { .forgottenByEtcd } else { nil }
        },
        Row(condition: "a new cluster begins with a backup") {
            if case .recovering = $0.nodeSet.history { .bootstrapFromBackup } else { nil }
        },
        Row(condition: "in a new cluster, its volume holds half a data directory") {
            if case .unborn = $0.nodeSet.history, $0.content == .fragment { .halfCluster } else { nil }
        },
        Row(condition: "its volume holds data of another cluster") {
            guard let identifier = $0.nodeSet.systemIdentifier, let own = $0.content.systemIdentifier,
                own != identifier
            else { return nil }
            return .foreignData(systemIdentifier: own)
        },
        Row(condition: "its data is of another major version of PostgreSQL") {
            guard $0.nodeSet.systemIdentifier != nil, let version = $0.data?.majorVersion,
                version != $0.nodeSet.scope.cluster.postgres.version
            else { return nil }
            return .otherMajorVersion(version)
        },
        Row(condition: "its volume holds half a copy") {
            $0.nodeSet.systemIdentifier != nil && $0.content == .fragment ? .halfCopy : nil
        },
        Row(condition: "its volume could not be looked into") {
            $0.nodeSet.systemIdentifier != nil && $0.content == .unseen ? .unseenData : nil
        },
        Row(
            condition:
                "there is no leader and no synchronous standby in etcd, and another node's data is as new or unseen"
        ) {
            $0.nodeSet.systemIdentifier != nil ? $0.reelection : nil
        },
    ]

    /// What the node waits for; nil when it may start.
    var obstacle: StartObstacle? {
        for row in StartConditions.table {
            if let obstacle = row.obstacle(self) { return obstacle }
        }
        return nil
    }

    private var dcs: DCSView? { nodeSet.dcs }
    private var content: DataContent { DataContent(node.name, at: nodeSet.scope) }
    private var hasNoLeader: Bool {
        guard let dcs else { return false }
        return dcs.leader == nil && dcs.initialize?.isEmpty == false
    }

    /// Where the members' containers are new, only etcd's data says whether a node needs TLS.
    private var isTransportUnseen: Bool {
        let transport = EtcdTransport(nodeSet.scope)
        return transport.listening == .accepted && EtcdStore(nodeSet.scope).membership == nil
            && !transport.isUsed(by: node.name)
    }

    /// What the stopped node's volume holds.
    private var data: PostgresData? {
        if case .data(_, let data) = content { data } else { nil }
    }

    /// A dead leader stays down until another leads (fault C01): as long as Patroni would elect another, and no longer
    /// than an election takes, whatever else keeps the others from it. A node that starts then leads only if it wins the
    /// election itself, so that an early start costs time and never data.
    private var isElectionAhead: Bool {
        dcs != nil && !nodeSet.isPaused && !nodeSet.candidates(besides: node.name).isEmpty && !nodeSet.isOverdue(node)
    }

    /// With etcd out of sight, the most advanced node may start and wait for it; an empty one may not.
    private func whileUnclear(_ what: String) -> StartObstacle? {
        guard let data, data.majorVersion == nodeSet.scope.cluster.postgres.version, nodeSet.scope.store.hasData
        else { return .unseenHistory(what) }
        return reelection
    }

    /// When etcd lost its memory, or cannot be seen, the most advanced node starts first and alone: the former primary of
    /// the newest timeline, which has every acknowledged write, or without one the node whose WAL reaches furthest. An
    /// election among several that start together would go to the fastest. A running node is waited for only while it may
    /// still be elected, where etcd remembers how far the last leader had written: Patroni then refuses a node that lacks
    /// too much of that.
    private var reelection: StartObstacle? {
        if let dcs, dcs.leader != nil || dcs.synchronous != nil { return nil }
        guard let data else { return nil }
        let own = (data.timeline, data.wasPrimary ? 1 : 0, data.walPosition)
        for other in nodeSet.nodes where other.name != node.name {
            guard other.container?.state.isAlive == true else {
                switch DataContent(other.name, at: nodeSet.scope) {
                case .data(_, let theirs?):
                    let theirs = (theirs.timeline, theirs.wasPrimary ? 1 : 0, theirs.walPosition)
                    if theirs > own { return .newerData(other.name) }
                case .data(_, nil), .unseen: return .unseenDataOf(other.name)
                case .nothing, .fragment, .running: break
                }
                continue
            }
            if dcs?.leaderPosition != nil, nodeSet.isTooFarBehind(other) || nodeSet.isOverdue(node) { continue }
            guard let member = other.member.value else { return .electionOfRunning }
            // one without data, or that takes a copy, cannot lead
            if member.role == .uninitialized { continue }
            guard let timeline = member.timeline else { return .electionOfRunning }
            if (timeline, member.role == .primary ? 1 : 0, member.walPosition ?? 0) >= own { return .electionOfRunning }
        }
        return nil
    }
}

extension NodeSet {
    /// What a node that does not run waits for; nil when it may start.
    func obstacle(for node: NodeView) -> StartObstacle? {
        guard let seen = node.container, !seen.state.isAlive else { return nil }
        return StartConditions(nodeSet: self, node: node).obstacle
    }

    /// The identifier of the cluster that etcd knows.
    var systemIdentifier: String? {
        if case .born(let identifier) = history { identifier } else { nil }
    }
}

extension EngineScope {
    var store: EtcdStore { EtcdStore(self) }
}

extension EtcdStore {
    /// Whether some stopped member's volume is seen to hold data. A running one that cannot be asked may have been
    /// bootstrapped a moment ago, and an empty store knows no leader: the first node that asked it would lead.
    var hasData: Bool {
        scope.cluster.etcdNames.contains { scope.container($0)?.data.value == .etcd }
    }
}
