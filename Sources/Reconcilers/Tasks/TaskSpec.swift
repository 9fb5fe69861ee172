import Model

/// A container of the nodes' image that does one job and ends: its name keeps a second one out, its
/// exit is the result, and it stays as the record of it until the next one.
struct TaskSpec {
    /// What it does, which is part of its name.
    let kind: TaskKind
    /// What tells this job from the one before.
    let identity: String
    /// `task`'s or pgBackRest's arguments.
    let command: [String]
    /// The volumes it needs.
    let mounts: [VolumeMount]
    /// The files it needs.
    let files: [FileSpec]
    /// The networks that it needs.
    let networks: [NetworkName]

    func container(at scope: EngineScope) -> ContainerSpec {
        let nodes = scope.cluster.nodes
        var settings = ContainerSettings()
        settings.memory = nodes.memory.bytes
        settings.milliCPUs = Int64(nodes.milliCPUs ?? 0)
        settings.sharedMemory = nodes.sharedMemory.bytes
        settings.user = String(NodeSpec.owner)
        settings.pidsLimit = 1024
        settings.stopTimeoutSeconds = 10
        settings.mounts = mounts.sorted()
        let name = kind.container(of: scope.cluster.name)
        var spec = ContainerSpec(
            name: name, component: .task, image: nodes.image, settings: settings, networks: networks)
        spec.command = command
        spec.labels = [LabelValue(Label.name, name.text), LabelValue(Label.task, identity)]
        spec.files = files
        return spec
    }
}

/// The jobs there are.
enum TaskKind: String, CaseIterable {
    case restore, drill, verify, backup, expire, trial, look

    func container(of cluster: ClusterName) -> ContainerName { ContainerName("\(cluster)-\(rawValue)") }
}

/// How far a task has come.
enum TaskProgress {
    /// It is being made and started.
    case underway(Proposal)
    /// It ended.
    case ended(ContainerView, Exit)

    /// Makes the container, starts it once, and tells when it has ended. The container of another job of the same
    /// kind is in the way only while it lives.
    init(_ task: TaskSpec, at scope: EngineScope) {
        let spec = task.container(at: scope)
        let subject = scope.subject(spec.name)
        guard let seen = scope.container(spec.name) else {
            self = .underway(spec.reconcile(at: scope, group: spec.group(at: scope), mayStart: nil))
            return
        }
        let isThisOne = seen.labels.value(of: Label.task) == task.identity
        switch seen.state {
        case .exited(let exit) where isThisOne: self = .ended(seen, exit)
        case .exited:
            self = .underway(
                Proposal(
                    actions: [Action(.docker(scope.engineID, .remove(seen.id)), on: subject, because: .obsolete)],
                    waiting: ["\(spec.name), of which an older one is in the way"]))
        case .running, .paused, .restarting:
            self = .underway(Proposal(waiting: ["\(spec.name)"], lookAgain: .seconds(2)))
        case .created, .removing, .dead:
            var proposal = spec.reconcile(at: scope, group: spec.group(at: scope), mayStart: nil)
            proposal.wait(for: spec.name.text)
            self = .underway(proposal)
        }
    }

    /// Removes a task's container that has ended, so that it is made and run again once it has been over for so long.
    static func again(
        _ seen: ContainerView, _ exit: Exit, after pause: Duration, reason: Reason, at scope: EngineScope
    ) -> Proposal {
        let now = Timestamp(scope.input.now)
        let since = Timestamp(exit.finishedAt).map { now - $0 } ?? pause
        guard since >= pause || since < .zero else {
            return Proposal(waiting: ["another try of \(seen.name)"], lookAgain: pause - since)
        }
        return Proposal(
            actions: [
                Action(.docker(scope.engineID, .remove(seen.id)), on: scope.subject(seen.name), because: reason)
            ], waiting: ["another try of \(seen.name)"])
    }
}
