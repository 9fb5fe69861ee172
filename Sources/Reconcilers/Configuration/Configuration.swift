public import Model

/// Keeps Patroni's dynamic configuration as the manifest wants it; what the manifest does not manage stays.
public struct Configuration: Reconciler {
    /// Its name in plans and events.
    public let name = "configuration"
    /// Creates the planner.
    public init() {}

    /// One `PATCH /config` with exactly the members that differ.
    public func propose(_ scene: Scene) -> Proposal {
        guard case .present(let dcs) = scene.observation.dcs, let current = dcs.configuration,
            let leader = dcs.leader, case .present(let member) = scene.observation.member(leader.node),
            member.state == .running
        else { return Proposal() }
        let desired = withRemovals(DynamicConfiguration.desired(for: scene.cluster), current: current)
        guard let patch = current.patch(towards: desired) else { return Proposal() }
        // whoever paused Patroni may have edited it, too
        guard !dcs.isPaused else {
            let names = names(in: patch).joined(separator: ", ")
            return Proposal(waiting: ["`patronictl resume`, before \(names) in Patroni's configuration is put back"])
        }
        return Proposal(actions: [
            Action(
                .patroni(leader.node, .patchConfiguration(patch)), on: .leadership,
                because: .configurationDiffers(names(in: patch)))
        ])
    }

    /// The manifest owns all of `postgresql.parameters`: one that it does not name any more is removed.
    private func withRemovals(_ desired: JSONValue, current: JSONValue) -> JSONValue {
        guard case .members(let seen)? = current["postgresql"]?["parameters"],
            case .members(let wanted)? = desired["postgresql"]?["parameters"],
            case .members(let postgresql)? = desired["postgresql"], case .members(let top) = desired
        else { return desired }
        let surplus = seen.filter { member in !wanted.contains { $0.name == member.name } }
        guard !surplus.isEmpty else { return desired }
        let parameters = wanted.map { ($0.name, $0.value) } + surplus.map { ($0.name, JSONValue.null) }
        let section = postgresql.map { ($0.name, $0.name == "parameters" ? .object(parameters) : $0.value) }
        return .object(top.map { ($0.name, $0.name == "postgresql" ? .object(section) : $0.value) })
    }

    private func names(in patch: JSONValue, prefix: String = "") -> [String] {
        guard case .members(let members) = patch else { return [prefix] }
        return members.flatMap { names(in: $0.value, prefix: prefix.isEmpty ? $0.name : "\(prefix).\($0.name)") }
    }
}
