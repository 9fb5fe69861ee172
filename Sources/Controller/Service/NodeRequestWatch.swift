import LiveWorld
import Model
import Reconcilers
import Supervisor

/// Asks the controller for a restart or a fresh copy of a node, by a key in etcd, and says what becomes of it.
struct NodeRequestWatch {
    let session: Session
    let kind: NodeRequest.Kind
    let node: NodeName
    /// Who asks.
    let author: String

    private var cluster: Cluster { session.source.cluster }
    private var key: String { NodeRequest.key(of: cluster.name, node: node) }

    /// Asks, and follows it to its end.
    /// - Throws: `Failure`: bad input, a pause, another request for the node, or no end in time; then it is taken back.
    func run(timeout: Duration) async throws {
        try await session.refuseWhilePaused()
        let request = try await ask()
        session.warnWithoutController()
        try await Withdrawal.taking(back: { try? await withdraw(request) }) {
            try await follow(request, timeout: timeout)
        }
    }

    private func ask() async throws -> NodeRequest {
        let observation = await session.world.observe(cluster, scope: .everythingAfresh)
        let now = await session.world.now()
        let input = PlanningInput(cluster: cluster, observation: observation, now: now)
        let before = try NodeRequestWatch.before(kind, node, input)
        let request = NodeRequest(kind, of: node, at: Timestamp(now), by: author, before: before)
        if case .exists(let other) = try await session.claim(key, request.value) {
            let seen = other.flatMap { NodeRequest(id: node.text, value: $0, modRevision: 0) }
            throw Failure("\(seen?.text ?? "another request for \(node)") has not come to its end; see `status`")
        }
        Terminal.complain("  … asked for \(request.what)")
        return request
    }

    /// What is there and is to change; what cannot be is refused before anything is asked for.
    static func before(
        _ kind: NodeRequest.Kind, _ node: NodeName, _ input: PlanningInput
    ) throws(Failure) -> String {
        let nodes = input.cluster.nodeNames
        guard nodes.contains(node) else {
            let names = nodes.map(\.text).joined(separator: ", ")
            throw Failure(.badInput, "there is no node \(node); there are \(names)")
        }
        if input.isInMaintenance(node) { throw Failure(.paused, "\(node) is in maintenance; nothing was asked for") }
        guard case .present(let dcs) = input.observation.dcs else {
            throw Failure("etcd cannot be read, and the request has to lie there; see `status`")
        }
        if dcs.isPaused { throw Failure("Patroni is paused; `patronictl resume` first") }
        switch kind {
        case .restart:
            guard let start = input.observation.member(node).value?.startedAt else {
                throw Failure(
                    "PostgreSQL on \(node) is not seen to run; the controller starts it by itself, see `status`")
            }
            return NodeRequest.mark(startedAt: start)
        case .reinit:
            guard let leader = dcs.leader?.node else {
                throw Failure("no node leads, so \(node) may have the newest data; see `status`")
            }
            guard leader != node else {
                throw Failure(.badInput, "\(node) leads, and its data is not put aside; `controller switchover` first")
            }
            guard let volume = Reconcilers.dataVolume(of: node, input) else {
                throw Failure("the volume of \(node) cannot be seen; see `controller volumes`")
            }
            return volume.text
        }
    }

    private func follow(_ request: NodeRequest, timeout: Duration) async throws {
        let start = ContinuousClock.now
        var shown = ""
        while ContinuousClock.now - start < timeout {
            try await Task.sleep(for: .milliseconds(400))
            let (input, plan) = await session.plan()
            guard case .present(let dcs) = input.observation.dcs else { continue }
            let member = input.observation.member(node).value
            var text = plan.waiting.first { $0 != request.text } ?? "asked for"
            if !dcs.nodeRequests.contains(where: { $0.node == node && $0.at == request.at }) {
                guard NodeRequestWatch.isDone(request, input) else {
                    throw Failure("the request for \(request.what) was dropped; `controller events` says why")
                }
                if member?.state == .running, member?.isStreaming == true || dcs.leader?.node == node { return tell() }
                text = "\(node) to \(kind == .reinit ? "have its copy and to " : "")stream"
            }
            if text != shown { Terminal.complain("  … \(Terminal.plain(text))") }
            shown = text
        }
        try await withdraw(request)
        throw Failure(
            .notConverged, "\(request.what) is not at its end after \(timeout.components.seconds) s; see `status`")
    }

    /// Whether what was there when it was asked for is seen to be another one.
    static func isDone(_ request: NodeRequest, _ input: PlanningInput) -> Bool {
        switch request.kind {
        case .restart:
            // while PostgreSQL stops and starts there is none
            input.observation.member(request.node).value?.startedAt.map {
                NodeRequest.mark(startedAt: $0) != request.before
            } ?? true
        case .reinit: Reconcilers.dataVolume(of: request.node, input)?.text != request.before
        }
    }

    private func tell() {
        switch kind {
        case .restart: Terminal.say("PostgreSQL on \(node) was restarted")
        case .reinit:
            Terminal.say("\(node) streams from a fresh copy; the old volume stays, `controller volumes` names it")
        }
    }

    /// Takes the request back, unless it has come to its end.
    private func withdraw(_ request: NodeRequest) async throws {
        let observation = await session.world.observe(cluster, scope: .guarding(.leadership))
        let known = observation.dcs.value?.nodeRequests.first { $0.node == node && $0.at == request.at }
        guard let known else { return }
        try await session.request(.deleteKey(key: key, modRevision: known.modRevision))
        Terminal.complain("  … \(request.what) is taken back")
    }
}

extension Session {
    /// Says that a request waits for a controller where none runs.
    func warnWithoutController() {
        guard !Lock.isTaken(state.lock) else { return }
        Terminal.complain(
            "warning: no controller runs for \(source.cluster.name), so nothing is done yet; "
                + "the request is taken back when this command ends")
    }
}
