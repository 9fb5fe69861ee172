import Model
import Reconcilers

/// What a look shows of one object, each fact with who told it.
struct ObjectFacts {
    /// One fact.
    struct Fact: Encodable, Equatable {
        /// `Docker`, `Patroni`, `etcd`, `PostgreSQL`, `PgBouncer`, `a person`.
        var from: String
        var what: String
    }

    private(set) var list: [Fact] = []

    init(_ name: ObjectName, _ input: PlanningInput) {
        let engine = input.cluster.engines.first.map { input.observation.engine($0.name) } ?? .absent
        if let reason = engine.unknownReason { add("Docker", "cannot be seen: \(reason.detail)") }
        for container in engine.value?.containers ?? [] where name.names(container.name.text) { add(container) }
        for volume in engine.value?.volumes ?? [] where name.names(volume.name.text) { add(volume, engine.value) }
        if let node = input.cluster.nodeNames.first(where: { name.names($0.text) }) { add(node, input) }
        for pooler in input.observation.poolers where name.names(pooler.name.text) { add(pooler) }
        if name.names(Subject.leadership.text) || name.names(Subject.etcd.text) { addKeys(input) }
        if name.names(Subject.repository.text) { addRepository(input) }
    }

    private mutating func add(_ from: String, _ what: String) { list.append(Fact(from: from, what: what)) }

    private mutating func add(_ container: ContainerView) {
        let state =
            switch container.state {
            case .created: "is created and was never started"
            case .running(let start): "has run since \(start)"
            case .paused(let start): "is frozen; it was started at \(start)"
            case .restarting: "is being restarted by Docker"
            case .exited(let exit):
                "ended at \(exit.finishedAt) with exit code \(exit.code)"
                    + (exit.outOfMemory ? ", out of memory" : "") + (exit.error.isEmpty ? "" : ": \(exit.error)")
            case .removing: "is being removed"
            case .dead: "could not be removed by Docker"
            }
        add("Docker", "container \(container.name) \(state)")
        if container.isBeingStopped { add("Docker", "container \(container.name) was told to stop") }
        add("Docker", "it was made from image \(container.image)")
        for mount in container.settings.mounts {
            add("Docker", "it has volume \(mount.volume) at \(mount.destination)")
        }
    }

    private mutating func add(_ volume: VolumeView, _ engine: EngineView?) {
        add("Docker", "volume \(volume.name) was made at \(volume.createdAt)")
        let users = (engine?.containers ?? []).filter { $0.settings.mounts.contains { $0.volume == volume.name } }
        add(
            "Docker",
            users.isEmpty ? "no container has it" : "it is used by \(users.map(\.name.text).joined(separator: ", "))")
    }

    private mutating func add(_ node: NodeName, _ input: PlanningInput) {
        switch input.observation.member(node) {
        case .present(let member): add(member)
        case .absent: add("Patroni", "does not run on \(node)")
        case .unknown(let reason): add("Patroni", "does not answer on \(node): \(reason.detail)")
        }
        addLeadership(of: node, input)
        if let standby = input.observation.database.value?.standbys.first(where: { $0.node == node }) {
            let lag = StatusTable.size(standby.lagBytes)
            add("PostgreSQL", "the primary sends WAL to \(node): \(standby.state), \(lag) behind")
        }
        if input.isInMaintenance(node) { add("a person", "wants \(node) left alone") }
        if let request = input.observation.dcs.value?.nodeRequests.first(where: { $0.node == node }) {
            add("a person", "wants \(request.text)")
        }
        if let volume = Reconcilers.dataVolume(of: node, input) { add("Docker", "its data lies in volume \(volume)") }
    }

    private mutating func add(_ member: MemberView) {
        let state = if case .other(let words) = member.state { words } else { "\(member.state)" }
        let role =
            switch member.role {
            case .primary: "primary"
            case .replica: member.isStreaming ? "replica that streams" : "replica that does not stream"
            case .uninitialized: "without a role"
            }
        add("Patroni", "PostgreSQL: \(state), \(role)" + (member.timeline.map { ", timeline \($0)" } ?? ""))
        if let start = member.startedAt { add("Patroni", "PostgreSQL was started at \(start.brief)") }
        for parameter in member.pending {
            add("Patroni", "\(parameter.name) \(parameter.current) → \(parameter.wanted) waits for a restart")
        }
    }

    private mutating func addLeadership(of node: NodeName, _ input: PlanningInput) {
        guard case .present(let keys) = input.observation.dcs else { return addKeys(input) }
        let leader = keys.leader?.node
        add(
            "etcd",
            leader == node ? "\(node) holds the leader key" : "\(leader?.text ?? "no node") holds the leader key")
        if keys.synchronous?.standbys.contains(node) == true { add("etcd", "commits wait for \(node)") }
        let tags = NodeTags.names.filter { keys.member(node)?.tags.value(of: $0) == "true" }
        if !tags.isEmpty { add("etcd", "\(node) has the tags \(tags.joined(separator: ", "))") }
    }

    private mutating func add(_ pooler: PoolerSighting) {
        switch pooler.view {
        case .present(let view):
            let hosts = view.hosts.map(\.text).joined(separator: ", ")
            add("PgBouncer", "leads to \(hosts.isEmpty ? "no node" : hosts), with \(view.servers) connections")
            if view.isPaused { add("PgBouncer", "its clients are paused") }
        case .absent: add("PgBouncer", "does not run")
        case .unknown(let reason): add("PgBouncer", "does not answer: \(reason.detail)")
        }
    }

    private mutating func addKeys(_ input: PlanningInput) {
        guard case .present(let keys) = input.observation.dcs else {
            return add("etcd", "cannot be read: \(input.observation.dcs.unknownReason?.detail ?? "it is not there")")
        }
        add("etcd", "\(keys.leader?.node.text ?? "no node") holds the leader key")
        let standbys = keys.synchronous?.standbys ?? []
        if !standbys.isEmpty { add("etcd", "commits wait for \(standbys.map(\.text).joined(separator: ", "))") }
        if let record = keys.switchover {
            add("etcd", "a switchover from \(record.from) is \(record.stage.rawValue): \(record.why)")
        }
        if keys.isPaused { add("etcd", "Patroni is paused") }
    }

    private mutating func addRepository(_ input: PlanningInput) {
        switch input.observation.repository {
        case .present(let view): add("pgBackRest", "the repository holds \(view.backups.count) backups")
        case .absent: add("pgBackRest", "there is no repository")
        case .unknown(let reason): add("pgBackRest", "the repository cannot be read: \(reason.detail)")
        }
        for request in input.observation.dcs.value?.requests ?? [] { add("a person", "wants \(request.text)") }
    }
}
