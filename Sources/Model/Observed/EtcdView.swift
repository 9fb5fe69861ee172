/// etcd as its own members describe it.
public struct EtcdView: Sendable, Hashable {
    /// etcd's cluster ID.
    public var clusterID: UInt64
    /// The membership, sorted by name (an unstarted member has an empty one).
    public var members: [EtcdMemberView]
    /// Each member's own answer to `status`, sorted by container.
    public var endpoints: [EtcdEndpointView]
    /// Raised alarms.
    public var alarms: [EtcdAlarm]
    /// Who may do what.
    public var access: Sighting<EtcdAccess> = .unknown(.notLooked)
    /// A store as seen.
    public init(
        clusterID: UInt64, members: [EtcdMemberView], endpoints: [EtcdEndpointView], alarms: [EtcdAlarm] = []
    ) {
        self.clusterID = clusterID
        self.members = members
        self.endpoints = endpoints
        self.alarms = alarms
    }
}

/// Who may do what in etcd.
public struct EtcdAccess: Sendable, Hashable {
    /// Whether authentication is on.
    public var isEnabled: Bool
    /// The users, sorted by name.
    public var users: [EtcdUser]
    /// The roles, sorted by name.
    public var roles: [EtcdRole]
    /// Joins the parts.
    public init(isEnabled: Bool, users: [EtcdUser], roles: [EtcdRole]) {
        self.isEnabled = isEnabled
        self.users = users
        self.roles = roles
    }
}

/// A user of etcd.
public struct EtcdUser: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The roles it has, sorted.
    public var roles: [String]
    /// Whether the password that we hold opens it; nil where that was not tried: authentication is off, or we hold none.
    public var passwordMatches: Bool?
    /// A user.
    public init(name: String, roles: [String], passwordMatches: Bool? = nil) {
        self.name = name
        self.roles = roles
        self.passwordMatches = passwordMatches
    }
}

/// A role of etcd.
public struct EtcdRole: Sendable, Hashable {
    /// The name.
    public var name: String
    /// What it allows.
    public var grants: Set<EtcdGrant>
    /// A role.
    public init(name: String, grants: Set<EtcdGrant>) {
        self.name = name
        self.grants = grants
    }
}

/// What a role may do with keys.
public struct EtcdGrant: Sendable, Hashable {
    /// Reading, or writing too.
    public enum Permission: String, Sendable, Hashable {
        /// Read and watch.
        case read
        /// Put and delete alone, which no role of ours has.
        case write
        /// Both.
        case readWrite
    }
    /// What is allowed.
    public var permission: Permission
    /// The first key.
    public var key: String
    /// The first key behind the last one; empty for the one key.
    public var end: String
    /// A grant for a range of keys.
    public init(_ permission: Permission, from key: String, to end: String) {
        self.permission = permission
        self.key = key
        self.end = end
    }
    /// A grant for one key.
    public init(_ permission: Permission, on key: String) { self.init(permission, from: key, to: "") }
    /// A grant for all keys below a prefix that ends with a slash: `0` comes next to it.
    public init(_ permission: Permission, below prefix: String) {
        self.init(permission, from: prefix, to: prefix.dropLast() + "0")
    }
}

/// A member in etcd's membership list.
public struct EtcdMemberView: Sendable, Hashable {
    /// Its ID.
    public var id: UInt64
    /// Its name; empty until it has started once.
    public var name: String
    /// Where its peers reach it.
    public var peerURLs: [String]
    /// Whether it does not vote yet.
    public var isLearner: Bool
    /// A member.
    public init(id: UInt64, name: String, peerURLs: [String], isLearner: Bool = false) {
        self.id = id
        self.name = name
        self.peerURLs = peerURLs
        self.isLearner = isLearner
    }
}

/// What one member answers for itself.
public struct EtcdEndpointView: Sendable, Hashable {
    /// The member's container.
    public var container: ContainerName
    /// Its status.
    public var status: Sighting<EtcdStatus>
    /// Joins container and answer.
    public init(container: ContainerName, status: Sighting<EtcdStatus>) {
        self.container = container
        self.status = status
    }
}

/// A member's status (`/v3/maintenance/status`).
public struct EtcdStatus: Sendable, Hashable {
    /// Its own ID.
    public var memberID: UInt64
    /// The leader it knows; 0 for none.
    public var leaderID: UInt64
    /// Its raft term.
    public var raftTerm: UInt64
    /// The revision of its store.
    public var revision: Int64
    /// The size of its backend in bytes.
    public var databaseBytes: Int64
    /// Whether it does not vote yet.
    public var isLearner: Bool
    /// A status.
    public init(
        memberID: UInt64, leaderID: UInt64, raftTerm: UInt64 = 0, revision: Int64 = 0, databaseBytes: Int64 = 0,
        isLearner: Bool = false
    ) {
        self.memberID = memberID
        self.leaderID = leaderID
        self.raftTerm = raftTerm
        self.revision = revision
        self.databaseBytes = databaseBytes
        self.isLearner = isLearner
    }
}

/// A raised alarm.
public struct EtcdAlarm: Sendable, Hashable {
    /// What it is about.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The backend is full; nothing can be written.
        case noSpace
        /// A member's data is corrupt.
        case corrupt
    }
    /// The member that raised it.
    public var member: UInt64
    /// What it is about.
    public var kind: Kind
    /// An alarm.
    public init(member: UInt64, kind: Kind) {
        self.member = member
        self.kind = kind
    }
}

/// Patroni's keys below `/service/<scope>/`.
public struct DCSView: Sendable, Hashable {
    /// The store's revision at which all of this was read.
    public var revision: Int64
    /// The system identifier of the cluster that was bootstrapped; nil before that, empty while it happens.
    public var initialize: String?
    /// The revision at which that key was last written.
    public var initializeRevision: Int64?
    /// Who leads.
    public var leader: LeaderKey?
    /// The dynamic configuration.
    public var configuration: PatroniConfiguration?
    /// How far the last leader had written at its last loop, in bytes (`optime` in Patroni's `status` key).
    public var leaderPosition: Int64?
    /// The synchronous standbys.
    public var synchronous: SynchronousKey?
    /// The switchover that Patroni was asked for and that is under way (its `failover` key).
    public var handover: Handover?
    /// The members that hold a lease, sorted by name.
    public var members: [DCSMember]
    /// Volumes that are kept though nothing uses them, sorted by name (the controller's own keys).
    public var retired: [RetiredVolume]
    /// Restores in place that were asked for, oldest first (the controller's own keys).
    public var restores: [RestoreRecord]
    /// What somebody asked for by a command.
    public var requests: [TaskRequest]
    /// Restarts and fresh copies of nodes that somebody asked for by a command, sorted by node.
    public var nodeRequests: [NodeRequest] = []
    /// How drills and verifications ended, oldest first (the controller's own keys).
    public var checks: [CheckRecord]
    /// That the repository held backups (the controller's own key).
    public var repository: RepositoryRecord?
    /// What somebody wants left alone, sorted by key (the controller's own keys).
    public var pauses: [PauseRecord]
    /// What the cluster was created with (the controller's own key).
    public var bootstrapRecord: BootstrapRecord?
    /// The switchover that is under way or was asked for (the controller's own key).
    public var switchover: SwitchoverRecord?
    /// Nothing there.
    public init(revision: Int64) {
        self.revision = revision
        members = []
        retired = []
        restores = []
        requests = []
        checks = []
        pauses = []
    }
    /// The dynamic configuration; Patroni's defaults before there is one.
    public var configurationInForce: PatroniConfiguration { configuration ?? .object([]) }
    /// How much a replica may lack of what the last leader wrote and be elected all the same, in bytes.
    public var maximumLag: Int64 { configurationInForce.maximumLag }
    /// Whether Patroni is paused (`pause: true` in the configuration).
    public var isPaused: Bool { configurationInForce.isPaused }
    /// The restore that is not at its end.
    public var restore: RestoreRecord? { restores.first { $0.stage == .requested || $0.stage == .switching } }
    /// A member by name.
    public func member(_ name: NodeName) -> DCSMember? { members.first { $0.name == name } }
}

/// A volume that is kept though nothing uses it; Docker cannot label a volume after its creation, so etcd records it.
public struct RetiredVolume: Sendable, Hashable {
    /// The volume.
    public var volume: VolumeName
    /// When, RFC 3339.
    public var since: String
    /// Why.
    public var why: String
    /// The revision of the record.
    public var modRevision: Int64
    /// A record.
    public init(volume: VolumeName, since: String, why: String, modRevision: Int64) {
        self.volume = volume
        self.since = since
        self.why = why
        self.modRevision = modRevision
    }
    /// The key below which the records of a cluster are kept.
    public static func prefix(of cluster: ClusterName) -> String { "/controller/\(cluster)/retired/" }
}

/// The leader key with everything a conditional transaction compares.
public struct LeaderKey: Sendable, Hashable {
    /// Its value: the leading member.
    public var node: NodeName
    /// The lease it hangs on.
    public var lease: Int64
    /// The revision at which it was created.
    public var createRevision: Int64
    /// The revision at which it was last written.
    public var modRevision: Int64
    /// A leader key.
    public init(node: NodeName, lease: Int64, createRevision: Int64, modRevision: Int64) {
        self.node = node
        self.lease = lease
        self.createRevision = createRevision
        self.modRevision = modRevision
    }
}

/// Patroni's `/sync` key.
public struct SynchronousKey: Sendable, Hashable {
    /// The leader that wrote it.
    public var leader: NodeName?
    /// The standbys that may be promoted without loss, sorted.
    public var standbys: [NodeName]
    /// A sync key.
    public init(leader: NodeName?, standbys: [NodeName]) {
        self.leader = leader
        self.standbys = standbys
    }
}

/// A member key: what a node said of itself at its last loop.
public struct DCSMember: Sendable, Hashable {
    /// The member.
    public var name: NodeName
    /// Patroni's words: `running`, `starting`, `stopped`, `creating replica` …
    public var state: String
    /// Patroni's words: `primary`, `replica`, `sync_standby` …
    public var role: String
    /// Its timeline.
    public var timeline: Int64?
    /// Its WAL position in bytes.
    public var walPosition: Int64?
    /// Patroni's tags, sorted by name.
    public var tags: [LabelValue]
    /// Whether its REST interface takes TLS, by the address that it gives.
    public var takesTLS = true
    /// The lease it hangs on.
    public var lease: Int64
    /// How long that lease lives on unless Patroni renews it; nil when etcd was not asked. It matters for a member
    /// whose Patroni is silent over REST.
    public var leaseLeft: Duration?
    /// A member key.
    public init(name: NodeName, state: String, role: String, lease: Int64 = 0) {
        self.name = name
        self.state = state
        self.role = role
        self.lease = lease
        tags = []
    }
}

/// What Patroni's `failover` key asks for.
public struct Handover: Sendable, Hashable {
    /// Whom it names, who then leads without being compared with the others; nil where they are to elect.
    public var to: NodeName?
    /// In words.
    public var words: String { to.map { "to \($0)" } ?? "to whom the others elect" }

    /// Creates one.
    public init(to: NodeName?) { self.to = to }
}
