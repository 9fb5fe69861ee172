import Model

/// What a plan costs: for each step what it interrupts, which guarantee is weaker meanwhile, and for how long, by what
/// was measured on this very cluster.
struct PlanPrice {
    private let measured: MeasuredHistory
    /// The containers that are there now: a node that is made anew finds its data on its volume.
    private let known: [ContainerName]

    init(_ measured: MeasuredHistory, from input: PlanningInput) {
        self.measured = measured
        known = input.observation.engines.flatMap { $0.view.value?.containers.map(\.name) ?? [] }
    }

    /// The price of one step of an input; nil for a step that costs nothing.
    func price(of action: Action, in input: PlanningInput) -> String? {
        let leader = input.observation.dcs.value?.leader?.node
        switch action.effect {
        case .patroni(let node, .restart):
            if node == leader, input.observation.dcs.value?.switchover?.isRestart == true {
                return "restarts the primary behind the poolers: their clients wait and get no error, writes pause for "
                    + "\(measured.text(.primaryRestart)); who is connected to the primary itself is cut off"
            }
            return node == leader
                ? "restarts the primary: no writes, and its connections are cut, for \(measured.text(.primaryRestart))"
                : "restarts a replica: its connections are cut; \(weaker(input)), for \(measured.text(.replicaRestart))"
        case .patroni(_, .switchover):
            return "switches over: no writes, and the primary's connections are cut, for \(measured.text(.switchover))"
        case .docker(_, .shutdownPrimary):
            return "hands over behind the poolers: their clients wait and get no error, writes pause for "
                + "\(measured.text(.clientPause)); who is connected to the primary itself is cut off"
        case .patroni(_, .patchConfiguration): return "reloads PostgreSQL: nothing is interrupted"
        case .patroni(_, .reload): return "reloads Patroni: nothing is interrupted"
        case .docker(_, .stop): return stop(action, input, leader: leader)
        case .docker(_, .update): return "changed in place: nothing is interrupted"
        case .docker(_, .createContainer(let spec)): return creation(of: spec, input, leader: leader)
        case .etcd(.removeMember), .etcd(.promote): return "etcd agrees anew: no decision of Patroni's waits for long"
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
    }

    private func stop(_ action: Action, _ input: PlanningInput, leader: NodeName?) -> String? {
        guard case .container(_, let name) = action.subject else { return nil }
        if input.cluster.etcdNames.contains(name) {
            return "makes an etcd member anew on its volume: \(input.cluster.etcd.members - 1) of "
                + "\(input.cluster.etcd.members) members meanwhile, for a time not measured here yet"
        }
        switch action.reason {
        case .settingsDiffer: break
        case .surplus: return "ends a container that is not wanted; its volume stays"
        case .requested:
            return
                "puts the volume of a replica aside, where it stays, and copies the data anew: its connections are cut; "
                + "\(weaker(input)), for \(measured.text(.newReplica))"
        default: return nil
        }
        guard NodeName(name.text) != leader else {
            return "makes the only node anew on its volume: no reads and no writes for a time not measured here yet"
        }
        return "makes a replica anew on its volume: its connections are cut; \(weaker(input)), for "
            + measured.text(.replicaRenewal)
    }

    private func creation(of spec: ContainerSpec, _ input: PlanningInput, leader: NodeName?) -> String? {
        guard spec.component == .node, leader != nil, !known.contains(spec.name) else { return nil }
        let isFromRepository =
            input.cluster.backups.enabled && input.observation.repository.value?.backups.isEmpty == false
        let size = input.observation.repository.value?.backups.last.map {
            " (\($0.size >> 20) MiB in the newest backup)"
        }
        let source =
            isFromRepository
            ? "the backup repository, the rest of the WAL from the primary"
            : "the primary, " + (input.cluster.nodes.cloneRate.map { "at most \($0) a second" } ?? "without a limit")
        return
            "moves data: a copy\(size ?? "") from \(source); nothing is interrupted, for \(measured.text(.newReplica))"
    }

    /// What is less safe while one replica is away.
    private func weaker(_ input: PlanningInput) -> String {
        let others = input.cluster.nodes.count - 2
        let synchronous = input.cluster.postgres.synchronous
        guard synchronous.mode != .off else {
            return others > 0
                ? "\(others) replica\(others == 1 ? "" : "s") could take over meanwhile"
                : "no node could take over meanwhile"
        }
        if others >= synchronous.number {
            return "commits go on waiting for \(synchronous.number) standby\(synchronous.number == 1 ? "" : "s"), and "
                + "\(others) could take over meanwhile"
        }
        if synchronous.mode == .strict { return "writes wait until it is back" }
        return others == 0
            ? "commits are on the primary alone meanwhile, and no node could take over"
            : "commits wait for \(others) instead of \(synchronous.number) standbys meanwhile"
    }
}
