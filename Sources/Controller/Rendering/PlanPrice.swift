import Manifest
import Model

/// What a plan costs: for each step what it interrupts, which guarantee is weaker meanwhile, and for how long, by what
/// was measured on this very cluster.
struct PlanPrice {
    private let measured: MeasuredHistory
    /// The containers that are there now: a node that is made anew finds its data on its volume.
    private let known: [ContainerName]

    init(_ measured: MeasuredHistory, from scene: Scene) {
        self.measured = measured
        known = scene.observation.engines.flatMap { $0.view.value?.containers.map(\.name) ?? [] }
    }

    /// The price of one step in a scene, none for steps that cost nothing.
    func lines(for action: Action, in scene: Scene, indent: Int) -> [String] {
        price(of: action, in: scene).map { [String(repeating: " ", count: indent) + "price: " + $0] } ?? []
    }

    private func price(of action: Action, in scene: Scene) -> String? {
        let leader = scene.observation.dcs.value?.leader?.node
        switch action.effect {
        case .patroni(let node, .restart):
            if node == leader, scene.observation.dcs.value?.switchover?.isRestart == true {
                return "restarts the primary behind the poolers: their clients wait and get no error, writes pause for "
                    + "\(measured.text(.primaryRestart)); who is connected to the primary itself is cut off"
            }
            return node == leader
                ? "restarts the primary: no writes, and its connections are cut, for \(measured.text(.primaryRestart))"
                : "restarts a replica: its connections are cut; \(weaker(scene)), for \(measured.text(.replicaRestart))"
        case .patroni(_, .switchover):
            return "switches over: no writes, and the primary's connections are cut, for \(measured.text(.switchover))"
        case .docker(_, .standDown):
            return "hands over behind the poolers: their clients wait and get no error, writes pause for "
                + "\(measured.text(.held)); who is connected to the primary itself is cut off"
        case .patroni(_, .patchConfiguration): return "reloads PostgreSQL: nothing is interrupted"
        case .patroni(_, .reload): return "reloads Patroni: nothing is interrupted"
        case .docker(_, .stop): return stop(action, scene, leader: leader)
        case .docker(_, .update): return "changed in place: nothing is interrupted"
        case .docker(_, .createContainer(let spec)): return creation(of: spec, scene, leader: leader)
        case .etcd(.removeMember), .etcd(.promote): return "etcd agrees anew: no decision of Patroni's waits for long"
        case .docker, .etcd, .patroni, .sql, .pooler: return nil
        }
    }

    private func stop(_ action: Action, _ scene: Scene, leader: NodeName?) -> String? {
        guard case .container(_, let name) = action.subject else { return nil }
        if scene.cluster.etcdNames.contains(name) {
            return "makes an etcd member anew on its volume: \(scene.cluster.etcd.members - 1) of "
                + "\(scene.cluster.etcd.members) members meanwhile, for a time not measured here yet"
        }
        guard case .settingsDiffer = action.reason else {
            return action.reason == .surplus ? "ends a container that is not wanted; its volume stays" : nil
        }
        guard NodeName(name.text) != leader else {
            return "makes the only node anew on its volume: no reads and no writes for a time not measured here yet"
        }
        return "makes a replica anew on its volume: its connections are cut; \(weaker(scene)), for "
            + measured.text(.replicaRenewal)
    }

    private func creation(of spec: ContainerSpec, _ scene: Scene, leader: NodeName?) -> String? {
        guard spec.component == .node, leader != nil, !known.contains(spec.name) else { return nil }
        let isFromRepository =
            scene.cluster.backups.enabled && scene.observation.repository.value?.backups.isEmpty == false
        let size = scene.observation.repository.value?.backups.last.map {
            " (\($0.size >> 20) MiB in the newest backup)"
        }
        let source =
            isFromRepository
            ? "the backup repository, the rest of the WAL from the primary"
            : "the primary, " + (scene.cluster.nodes.cloneRate.map { "at most \($0) a second" } ?? "without a limit")
        return
            "moves data: a copy\(size ?? "") from \(source); nothing is interrupted, for \(measured.text(.newReplica))"
    }

    /// What is less safe while one replica is away.
    private func weaker(_ scene: Scene) -> String {
        let others = scene.cluster.nodes.count - 2
        let synchronous = scene.cluster.postgres.synchronous
        guard synchronous.mode != .off else {
            return others > 0
                ? "\(others) replica\(others == 1 ? "" : "s") could take over meanwhile"
                : "nobody could take over meanwhile"
        }
        if others >= synchronous.number {
            return "commits go on waiting for \(synchronous.number) standby\(synchronous.number == 1 ? "" : "s"), and "
                + "\(others) could take over meanwhile"
        }
        if synchronous.mode == .strict { return "writes wait until it is back" }
        return others == 0
            ? "commits are on the primary alone meanwhile, and nobody could take over"
            : "commits wait for \(others) instead of \(synchronous.number) standbys meanwhile"
    }

    // MARK: the whole

    /// What becomes of each parameter that is changed.
    func parameters(_ actions: [Action], _ scene: Scene) -> [String] {
        var lines: [String] = []
        for action in actions {
            guard case .patroni(_, .patchConfiguration(let patch)) = action.effect,
                case .members(let changes)? = patch["postgresql"]?["parameters"]
            else { continue }
            for change in changes {
                let old = scene.observation.dcs.value?.configuration?["postgresql"]?["parameters"]?[change.name]?.string
                lines.append(
                    "  \(change.name) \(old ?? "default") → \(change.value.string ?? "default"): "
                        + way(change.name, from: old, to: change.value.string))
            }
        }
        return lines.isEmpty ? [] : ["Parameters, after a trial in a container of its own:"] + lines
    }

    private func way(_ name: String, from old: String?, to new: String?) -> String {
        guard Manifest.needsRestart(parameter: name) else { return "reload" }
        let change = PendingParameter(name, current: old ?? "", wanted: new ?? "")
        return change.isLoweredLimit ? "restart, the primary first and in its place" : "restart, replicas first"
    }

    /// What all steps together interrupt.
    func total(_ steps: [(action: Action, scene: Scene)]) -> [String] {
        var pauses: [Measurement.Kind] = []
        var replicas = 0
        for (action, scene) in steps {
            let leader = scene.observation.dcs.value?.leader?.node
            switch action.effect {
            case .patroni(_, .switchover): pauses.append(.switchover)
            case .docker(_, .standDown): pauses.append(.held)
            case .patroni(let node, .restart) where node == leader: pauses.append(.primaryRestart)
            case .patroni(_, .restart): replicas += 1
            case .docker(_, .stop):
                if case .settingsDiffer = action.reason, case .container(_, let name) = action.subject,
                    scene.cluster.index(of: NodeName(name.text)) != nil
                {
                    replicas += 1
                }
            case .docker, .etcd, .patroni, .sql, .pooler: break
            }
        }
        guard !pauses.isEmpty || replicas > 0 else { return [] }
        let known = pauses.compactMap { measured.median(of: $0) }
        let pause =
            pauses.isEmpty
            ? "writes are never paused"
            : "writes pause \(pauses.count == 1 ? "once" : "\(pauses.count) times"), "
                + (known.count == pauses.count
                    ? "about \(MeasuredHistory.text(known.reduce(0, +))) in all" : "for a time not measured here yet")
        return ["In all: \(replicas) interruption\(replicas == 1 ? "" : "s") of a replica; \(pause)."]
    }
}
