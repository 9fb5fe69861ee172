package import Model

/// What etcd's members hold together. One value stands for all of them: a member with data has everything that was
/// committed, and the value can be read and written only while a majority of the voters runs.
package struct SimulatedStore: Sendable {
    /// etcd's cluster ID.
    package var clusterID: UInt64
    /// The membership.
    package var members: [StoreMember]
    /// Every key, sorted.
    package private(set) var keys: [StoreKey] = []
    /// Leases that live.
    package var leases: [StoreLease] = []
    /// The revision of the last write; an empty store is at 1.
    package private(set) var revision: Int64 = 1
    /// The raft term, which grows with each election.
    package var term: UInt64 = 1
    /// The member that leads, while there is a quorum.
    package var leader: UInt64?
    /// When an election that is going on ends.
    package var electionAt: Duration?
    /// Raised alarms.
    package var alarms: [EtcdAlarm] = []
    /// The size of the backend.
    package var databaseBytes: Int64 = 32 << 10
    /// Members that still have the old size after a compaction.
    package var fragmented: [UInt64] = []

    /// Users and roles. In a new store authentication is off.
    package var access = StoreAccess()

    /// A store with these members and nothing in it.
    package init(clusterID: UInt64, members: [StoreMember]) {
        self.clusterID = clusterID
        self.members = members
    }

    /// Whether it answers.
    package var isAvailable: Bool { leader != nil }
    /// Whether writes are refused.
    package var isFull: Bool { alarms.contains { $0.kind == .noSpace } }
    /// Members that vote.
    package var voters: [StoreMember] { members.filter { !$0.isLearner } }

    /// A key's value and revisions.
    package func key(_ name: String) -> StoreKey? { keys.first { $0.name == name } }

    /// Writes a key.
    package mutating func put(_ name: String, _ value: StoreValue, lease: Int64 = 0) {
        revision += 1
        if let index = keys.firstIndex(where: { $0.name == name }) {
            keys[index].value = value
            keys[index].lease = lease
            keys[index].modRevision = revision
            return
        }
        let key = StoreKey(name: name, value: value, lease: lease, createRevision: revision, modRevision: revision)
        keys.insert(key, at: keys.firstIndex { $0.name > name } ?? keys.endIndex)
    }

    /// Deletes a key.
    package mutating func delete(_ name: String) { delete([name]) }

    /// Deletes keys in one transaction, which is one revision however many there are, and none when there are none.
    package mutating func delete(_ names: [String]) {
        guard keys.contains(where: { names.contains($0.name) }) else { return }
        revision += 1
        keys.removeAll { names.contains($0.name) }
    }

    /// Ends a lease and deletes everything that hangs on it.
    package mutating func revoke(_ lease: Int64) {
        leases.removeAll { $0.id == lease }
        delete(keys.filter { $0.lease == lease }.map(\.name))
    }

    /// Starts over at a revision, for a world that is copied from an observation.
    package mutating func resume(at revision: Int64) { self.revision = max(revision, self.revision) }
}

/// Users, and whether they are asked for.
package struct StoreAccess: Sendable, Hashable {
    /// Whether authentication is on.
    package var isEnabled = false
    /// The users, with their role and the version of the secret that is their password.
    package var users: [String: User] = [:]
    /// The roles.
    package var roles: [EtcdRole] = []

    /// A user.
    package struct User: Sendable, Hashable {
        /// Its roles.
        package var roles: [String]
        /// Which version of its secret its password is.
        package var version: String
    }
}

/// A member of the membership.
package struct StoreMember: Sendable, Hashable {
    /// Its ID.
    package var id: UInt64
    /// Its name; empty until it has started once.
    package var name: String
    /// Where its peers reach it.
    package var peerURL: String
    /// Whether it does not vote yet.
    package var isLearner = false
    /// When a learner has everything.
    package var caughtUpAt: Duration = .zero
}

/// A key.
package struct StoreKey: Sendable, Hashable {
    /// Its whole name.
    package var name: String
    /// Its value.
    package var value: StoreValue
    /// The lease it hangs on; 0 for none.
    package var lease: Int64
    /// The revision at which it was created.
    package var createRevision: Int64
    /// The revision at which it was last written.
    package var modRevision: Int64
}

/// A key's value, already understood.
package enum StoreValue: Sendable, Hashable {
    /// A text.
    case text(String)
    /// A JSON document.
    case json(JSONValue)
    /// What a Patroni member says of itself.
    case member(DCSMember)
    /// Patroni's sync key.
    case synchronous(SynchronousKey)

    /// The text, when it is one.
    package var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

/// A lease.
package struct StoreLease: Sendable, Hashable {
    /// Its ID.
    package var id: Int64
    /// Its time to live.
    package var ttl: Duration
    /// When it ends unless it is kept alive.
    package var expiresAt: Duration
}

/// What a member's data directory says.
package struct EtcdData: Sendable, Hashable {
    /// The cluster it belongs to.
    package var clusterID: UInt64
    /// Which member it is.
    package var memberID: UInt64
}

/// A running etcd.
package struct EtcdProcess: Sendable, Hashable {
    /// Which member it is.
    package var memberID: UInt64
    /// The cluster it belongs to.
    package var clusterID: UInt64
    /// From when on it answers.
    package var readyAt: Duration
    /// The address it has had since it started. With another one its old connections to its peers hang for many
    /// minutes (measured on Docker 20.10 with etcd 3.5), and it is of no use.
    package var address: String?
    /// Which of the two it takes, from clients and from peers: with TLS and without.
    package var transport = EtcdListeners(label: nil)
}

/// What an etcd member listens to.
package struct EtcdListeners: Sendable, Hashable {
    /// TLS.
    package var tls: Bool
    /// Without it.
    package var plain: Bool

    /// Whether the member list names an address without TLS: Patroni takes the protocol from there.
    package var namesPlain: Bool

    /// As its file says.
    init(configuration text: String) {
        func has(_ line: String, _ what: String) -> Bool {
            text.split(separator: "\n").first { $0.hasPrefix(line) }?.contains(what) == true
        }
        (tls, plain) = (has("listen-client-urls: ", "https:"), has("listen-client-urls: ", "http:"))
        namesPlain = has("advertise-client-urls: ", "http:")
    }

    /// As its container's label says.
    init(label: String?) {
        (tls, plain) = (label != nil, label != "required")
        namesPlain = plain
    }

    /// Whether a client that speaks so is answered.
    func takes(tls wanted: Bool) -> Bool { wanted ? tls : plain }
}
