import Model

/// Which node has which name in one world.
struct NodeNames: Sendable {
    private(set) var nodes: [NodeName]

    init(_ cluster: Cluster) { nodes = cluster.nodeNames }

    func node(_ letter: Letter) -> NodeName {
        nodes[Letter.allCases.firstIndex(of: letter) ?? 0]
    }

    func letter(_ node: NodeName?) -> String {
        guard let node else { return "-" }
        return nodes.firstIndex(of: node).map { Letter.allCases[$0].rawValue } ?? "a stranger"
    }

    /// Gives some names anew by what the nodes are: the leader, the synchronous standbys, replicas, others.
    func anew(_ letters: Set<Letter>, _ look: PatroniLook) -> NodeNames {
        func rank(_ node: NodeName) -> Int {
            guard look.member(node)?.state == .running else { return 3 }
            if look.keys?.leader?.node == node { return 0 }
            return look.keys?.synchronous?.standbys.contains(node) == true ? 1 : 2
        }
        var names = self
        let places = Letter.allCases.indices.filter { letters.contains(Letter.allCases[$0]) }
        let sorted = places.map { nodes[$0] }.sorted { (rank($0), $0) < (rank($1), $1) }
        for (place, node) in zip(places, sorted) { names.nodes[place] = node }
        return names
    }
}

/// One look at three nodes and their keys.
struct PatroniLook: Sendable {
    let seen: Observation
    /// Whether a commit on the leader is acknowledged; nil where no primary leads.
    let isCommitAcknowledged: Bool?

    var keys: DCSView? { seen.dcs.value }
    func member(_ node: NodeName) -> MemberView? { seen.members.first { $0.node == node }?.view.value }

    /// The leader, when it is a primary that runs.
    static func primary(_ seen: Observation) -> NodeName? {
        guard let leader = seen.dcs.value?.leader?.node,
            let member = seen.members.first(where: { $0.node == leader })?.view.value, member.state == .running,
            member.role == .primary
        else { return nil }
        return leader
    }

    func container(_ node: NodeName) -> ContainerView? {
        seen.engines.first?.view.value?.container(ContainerName(node.text))
    }

    /// What has to be equal in both worlds.
    func lines(_ names: NodeNames, _ lag: Lag) -> [String] {
        guard let keys else { return ["etcd does not answer"] }
        let members = keys.members.map { "\(names.letter($0.name)) \($0.state) \($0.role)" }.sorted()
        let acknowledged = isCommitAcknowledged.map { $0 ? "acknowledged" : "waits" } ?? "-"
        let commit = lag.isCut ? "not compared" : acknowledged
        return [
            "leader \(names.letter(keys.leader?.node))", "sync \(synchronous(keys, names))",
            "paused \(keys.isPaused)",
            "request \(keys.handover.map { "to " + ($0.to.map { names.letter($0) } ?? "anybody") } ?? "-")",
            "commit \(commit)", "members \(members)",
        ] + Letter.allCases.map { line($0, names, isLagging: lag.letters.contains($0)) }
    }

    private func synchronous(_ keys: DCSView, _ names: NodeNames) -> String {
        guard let key = keys.synchronous, let leader = key.leader else { return "-" }
        return "\(names.letter(leader)) with \(key.standbys.map { names.letter($0) }.sorted())"
    }

    private func line(_ letter: Letter, _ names: NodeNames, isLagging: Bool) -> String {
        guard let member = member(names.node(letter)) else { return "\(letter) has no Patroni" }
        let timeline = member.timeline.map { "timeline \($0)" } ?? "no timeline"
        // the view of a receiver that is stopped is as old as what it has received
        let streams = isLagging ? "lags" : member.isStreaming ? "streams" : "does not stream"
        return "\(letter) \(member.state) \(member.role) \(timeline) \(streams) paused \(member.isPaused)"
    }
}
