public import Model

/// What `controller status` shows, as a value: a table for people and JSON for scripts are made from it.
public struct StatusReport: Sendable, Hashable, Codable {
    /// The cluster's name.
    public var cluster: String
    /// When this was seen.
    public var time: String
    /// Whether everything is as the manifest wants it.
    public var ready: Bool
    /// What is left alone because a person wants it so.
    public var pauses: [Pause]
    /// The nodes.
    public var nodes: [Node]
    /// The etcd members.
    public var etcd: [Member]
    /// The poolers.
    public var poolers: [Pooler]
    /// Where to connect.
    public var endpoints: [Endpoint]
    /// The disk under the volumes; nil where it could not be seen.
    public var disk: Disk?
    /// The replication slots of all nodes that answered; nil where none was asked.
    public var slots: [Slot]?
    /// The newest failover that was measured; nil where none was.
    public var lastFailover: Cost?
    /// The certificate of the cluster's that ends first.
    public var nextExpiry: Expiry?
    /// The newest backup, and how many there are.
    public var backups: Backups
    /// The newest migration.
    public var schemaVersion: String?
    /// What holds.
    public var conditions: [ConditionLine]
    /// What is being waited for.
    public var waiting: [String]
    /// What is wanted and not done now.
    public var pending: [Pending]

    /// An action that is wanted and not done now.
    public struct Pending: Sendable, Hashable, Codable {
        /// What it is about.
        public var object: String
        /// What would be done.
        public var action: String
        /// Why it is not done now.
        public var why: String

        /// Nil for an action that is done.
        public init?(_ planned: PlannedAction) {
            guard let words = planned.disposition.words else { return nil }
            object = planned.action.subject.text
            action = planned.action.effect.phrase
            why = words
        }
    }

    /// Something that is left alone.
    public struct Pause: Sendable, Hashable, Codable {
        /// The node; nil for the whole cluster.
        public var node: String?
        /// Since when, RFC 3339; nil where the manifest says it.
        public var since: String?
        /// Who asked for it, or `the manifest`.
        public var by: String
        /// Why, where somebody said.
        public var reason: String?
    }

    /// One node.
    public struct Node: Sendable, Hashable, Codable {
        /// Its name.
        public var name: String
        /// `primary`, `replica`, or nothing known.
        public var role: String
        /// What it is doing.
        public var state: String
        /// Its timeline.
        public var timeline: Int64?
        /// Bytes behind the primary.
        public var lagBytes: Int64?
        /// Whether commits wait for it.
        public var synchronous: Bool
        /// Whether a person wants it left alone.
        public var maintenance: Bool
        /// What it is kept from, as its Patroni says: `nofailover`, `nosync`, `noloadbalance`.
        public var tags: [String]
        /// Its address on the host.
        public var endpoint: String
        /// The address of its Patroni's REST interface on the host.
        public var patroni: String
        /// How far its WAL reaches: written by a primary, received or replayed by a replica; as PostgreSQL writes it.
        public var lsn: String?
        /// Since when its PostgreSQL runs, to the second.
        public var startedAt: String?
        /// What its PostgreSQL said; nil where it was not asked, or did not answer.
        public var figures: Figures?
    }

    /// One etcd member.
    public struct Member: Sendable, Hashable, Codable {
        /// Its name.
        public var name: String
        /// `leader`, `follower`, `learner` or `unreachable`.
        public var state: String
        /// The size of its store.
        public var databaseBytes: Int64?
    }

    /// One pooler.
    public struct Pooler: Sendable, Hashable, Codable {
        /// Its container.
        public var name: String
        /// `read-write` or `read-only`.
        public var access: String
        /// `serving`, `paused`, `stale` or `unreachable`.
        public var state: String
        /// The nodes its connections go to.
        public var nodes: [String]
        /// How many connections it has to them.
        public var servers: Int?
        /// Its address on the host.
        public var endpoint: String
    }

    /// The file system that holds the engine's local volumes.
    public struct Disk: Sendable, Hashable, Codable {
        /// Its size.
        public var sizeBytes: Int64
        /// What may still be written.
        public var freeBytes: Int64
    }

    /// A connection target.
    public struct Endpoint: Sendable, Hashable, Codable {
        /// `primary`, `replicas`, `console`, …
        public var name: String
        /// A URL without a password.
        public var url: String
    }

    /// A condition.
    public struct ConditionLine: Sendable, Hashable, Codable {
        /// Its type.
        public var type: String
        /// `True`, `False` or `Unknown`.
        public var status: String
        /// One word.
        public var reason: String
        /// A sentence.
        public var message: String
        /// What it is about.
        public var object: String
        /// Since when, RFC 3339; nil when it was never seen by a running controller.
        public var lastTransitionTime: String?
        /// Whether it is a bad sign.
        public var bad: Bool
        /// Lines that belong to it: the last ones of a container that crashes.
        public var details: [String]

        /// From a condition.
        public init(_ condition: Condition) {
            type = condition.type.rawValue
            status = condition.status.rawValue
            reason = condition.reason
            message = condition.message
            object = condition.subject.text
            bad = condition.isBad
            details = condition.details
        }
    }

    /// From what was seen and concluded.
    public init(input: PlanningInput, conditions: [Condition], waiting: [String], pending: [PlannedAction] = []) {
        cluster = input.cluster.name.text
        time = input.now.text
        ready = conditions.contains { $0.type == .ready && $0.status == .true }
        pauses = StatusReport.pauses(input)
        nodes = input.cluster.nodeNames.map { Node($0, input: input) }
        etcd = input.cluster.etcdNames.map { Member($0, input: input) }
        poolers = input.cluster.poolers.map { Pooler($0, input: input, conditions: conditions) }
        endpoints = StatusReport.endpoints(input)
        disk = input.cluster.engines.first.flatMap { input.observation.engine($0.name).value?.disk.value }
            .map { Disk(sizeBytes: $0.sizeBytes, freeBytes: $0.freeBytes) }
        nextExpiry = input.observation.identity.certificates.min { $0.notAfter < $1.notAfter }
            .map { Expiry(owner: $0.principal.text, notAfter: $0.notAfter.brief) }
        backups = Backups(input)
        schemaVersion = input.observation.database.value?.application.migrations.value?.last?.name
        self.conditions = conditions.map(ConditionLine.init)
        self.waiting = waiting
        self.pending = pending.compactMap(Pending.init)
    }

    /// Adds a condition that the look itself could not tell.
    public mutating func add(_ line: ConditionLine) {
        conditions.append(line)
        guard line.bad, ready else { return }
        ready = false
        for index in conditions.indices where conditions[index].type == ConditionType.ready.rawValue {
            conditions[index].status = Condition.Status.false.rawValue
            conditions[index].reason = "Converging"
            conditions[index].message = line.message
            conditions[index].bad = true
        }
    }

    /// Says what else is waited for, as long as anything is.
    public mutating func wait(for more: [String]) {
        guard !more.isEmpty else { return }
        waiting += more
        ready = false
        for index in conditions.indices where conditions[index].type == ConditionType.ready.rawValue {
            conditions[index].status = Condition.Status.false.rawValue
            conditions[index].reason = "Converging"
            conditions[index].message = "waiting for \(more[0])"
            conditions[index].bad = true
        }
    }

    private static func pauses(_ input: PlanningInput) -> [Pause] {
        var list = input.cluster.maintenance ? [Pause(by: "the manifest")] : []
        list += input.cluster.nodes.maintenance.map { Pause(node: $0.text, by: "the manifest") }
        return list
            + input.pauses.map { pause in
                Pause(
                    node: pause.node?.text, since: pause.since, by: pause.author,
                    reason: pause.reason.isEmpty ? nil : pause.reason)
            }
    }

    private static func endpoints(_ input: PlanningInput) -> [Endpoint] {
        let cluster = input.cluster
        let address = cluster.nodes.bindAddress
        let user = cluster.accounts.admin.role
        let database = cluster.accounts.database
        func url(_ node: NodeName) -> String {
            let port = cluster.nodes.postgresPort + (cluster.index(of: node) ?? 0)
            return "postgresql://\(user)@\(address):\(port)/\(database)"
        }
        var endpoints = cluster.poolers.map { pooler in
            Endpoint(
                name: pooler.access == .readWrite ? "pooler" : "pooler-ro",
                url: "postgresql://\(user)@\(cluster.pooler.bindAddress):\(pooler.port)/\(database)")
        }
        let leader = input.observation.dcs.value?.leader?.node
        if let leader { endpoints.append(Endpoint(name: "primary", url: url(leader))) }
        for node in cluster.nodeNames where node != leader {
            endpoints.append(Endpoint(name: "replica", url: url(node)))
        }
        let hosts = cluster.nodeNames.map { "\(address):\(cluster.nodes.postgresPort + (cluster.index(of: $0) ?? 0))" }
        endpoints.append(
            Endpoint(
                name: "any-primary",
                url: "postgresql://\(user)@\(hosts.joined(separator: ","))/\(database)?target_session_attrs=read-write")
        )
        if cluster.console.enabled {
            endpoints.append(
                Endpoint(name: "console", url: "http://\(cluster.console.bindAddress):\(cluster.console.port)"))
        }
        return endpoints
    }
}

extension StatusReport.Node {
    init(_ node: NodeName, input: PlanningInput) {
        let observation = input.observation
        let engine = input.cluster.engines.first.map { observation.engine($0.name) } ?? .absent
        let container = engine.value?.container(ContainerName(node.text))
        let member = observation.member(node).value
        let standby = observation.database.value?.standbys.first { $0.node == node }
        let isLeader = observation.dcs.value?.leader?.node == node
        name = node.text
        switch member?.role {
        case .primary: role = isLeader ? "primary" : "primary (no lease)"
        case .replica: role = "replica"
        case .uninitialized, nil: role = "-"
        }
        state = StatusReport.Node.state(engine: engine, container: container, member: member)
        timeline = member?.timeline ?? observation.dcs.value?.member(node)?.timeline
        lagBytes = isLeader ? nil : standby?.lagBytes
        synchronous = observation.dcs.value?.synchronous?.standbys.contains(node) ?? false
        maintenance = input.isInMaintenance(node)
        let shown = observation.dcs.value?.member(node)?.tags ?? []
        tags = NodeTags.names.filter { shown.value(of: $0) == "true" }
        let port = input.cluster.nodes.postgresPort + (input.cluster.index(of: node) ?? 0)
        endpoint = "\(input.cluster.nodes.bindAddress):\(port)"
        patroni =
            "\(input.cluster.nodes.patroniBindAddress):"
            + "\(input.cluster.nodes.patroniPort + (input.cluster.index(of: node) ?? 0))"
        lsn = member?.walPosition.map(StatusReport.Node.lsn)
        startedAt = member?.startedAt?.brief
    }

    /// A position as PostgreSQL writes it (`pg_lsn`): two hexadecimal halves.
    static func lsn(_ position: Int64) -> String {
        let (high, low) = (UInt64(bitPattern: position) >> 32, UInt64(bitPattern: position) & 0xFFFF_FFFF)
        return "\(String(high, radix: 16, uppercase: true))/\(String(low, radix: 16, uppercase: true))"
    }

    private static func state(engine: Sighting<EngineView>, container: ContainerView?, member: MemberView?) -> String {
        guard engine.value != nil else { return "unknown" }
        guard let container else { return "missing" }
        switch container.state {
        case .created: return "created"
        case .paused: return "paused"
        case .restarting: return "restarting"
        case .removing, .dead: return "being removed"
        case .exited(let exit): return "stopped (\(exit.code))"
        case .running: break
        }
        guard let member else { return "booting" }
        switch member.state {
        case .running: return member.role == .replica ? (member.isStreaming ? "streaming" : "not streaming") : "running"
        case .starting: return "starting"
        case .stopped: return "stopped"
        case .initializing: return "initializing"
        case .cloning: return "cloning"
        case .failed: return "failed"
        case .other(let words): return words
        }
    }
}

extension StatusReport.Pooler {
    init(_ pooler: Model.Pooler, input: PlanningInput, conditions: [Condition]) {
        name = pooler.name.text
        access = pooler.access == .readWrite ? "read-write" : "read-only"
        let view = input.observation.pooler(pooler.name).value
        nodes = view?.hosts.map(\.text) ?? []
        servers = view?.servers
        let condition = conditions.first {
            $0.type == .poolerAvailable && $0.subject.text == "container \(pooler.name)"
        }
        state = condition?.reason.lowercased() ?? "unknown"
        endpoint = "\(input.cluster.pooler.bindAddress):\(pooler.port)"
    }
}

extension StatusReport.Member {
    init(_ container: ContainerName, input: PlanningInput) {
        let view = input.observation.etcd.value
        let status = view?.endpoints.first { $0.container == container }?.status.value
        name = container.text
        databaseBytes = status?.databaseBytes
        guard let status else {
            state = "unreachable"
            return
        }
        state =
            status.isLearner
            ? "learner"
            : status.leaderID == 0 ? "no quorum" : status.leaderID == status.memberID ? "leader" : "follower"
    }
}
