public import Model

/// Keeps Patroni's dynamic configuration as the manifest wants it; what the manifest does not manage stays.
public struct Configuration: Reconciler {
    /// Its name in plans and events.
    public let name = "configuration"
    /// Creates the planner.
    public init() {}

    /// One `PATCH /config` with exactly the members that differ; what PostgreSQL must take is tried first.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard case .present(let dcs) = input.observation.dcs, let configuration = dcs.configuration else {
            return Proposal()
        }
        guard let scope = EngineScope(input) else { return Proposal() }
        let current = configuration.json
        let poolers = PoolerAccess(at: scope, current: configuration).addresses
        // of an older build: its authority's key was in every container, and is worth nothing once another one signs
        let isRead = CertificatesInForce(scope).late == nil
        let isOwn = input.observation.identity.authority(.current)?.statesItsUse ?? true
        let isProven = configuration.clientRules.contains(DynamicConfiguration.byCertificate) || isRead && isOwn
        let desired = withRemovals(
            DynamicConfiguration.desired(for: input.cluster, poolers: poolers, isProven: isProven), current: current,
            keeping: isRead ? [] : DynamicConfiguration.before)
        guard let difference = current.patch(towards: desired) else { return Proposal() }
        // a person who paused Patroni may have edited it, too
        guard !dcs.isPaused else {
            let names = names(in: difference).joined(separator: ", ")
            return Proposal(waiting: ["`patronictl resume`, before \(names) in Patroni's configuration is put back"])
        }
        let hasNewRules = PoolerAccess.changesOtherRules(difference, from: configuration)
        var (proposal, admitted) = tried(difference, hasNewRules: hasNewRules, scope)
        guard let patch = admitted, let leader = dcs.leader,
            case .present(let member) = input.observation.member(leader.node), member.state == .running
        else { return proposal }
        proposal.actions.append(
            Action(
                .patroni(leader.node, .patchConfiguration(patch)), on: .leadership,
                because: .configurationDiffers(names(in: patch))))
        return proposal
    }

    /// What of a difference Patroni may have now, and what else is to be done and said about it.
    private func tried(_ difference: JSONValue, hasNewRules: Bool, _ scope: EngineScope) -> (Proposal, JSONValue?) {
        let (tried, rest) = parts(of: difference, hasNewRules: hasNewRules)
        guard let tried else { return (Proposal(), difference) }
        let subjects = names(in: tried).map { $0 == "pg_hba" ? "the client rules" : String($0.dropFirst(11)) }
        let what = subjects.joined(separator: ", ")
        func condition(_ reason: String, _ message: String) -> Condition {
            Condition(.parametersRefused, .true, reason: reason, message: message, subject: .leadership)
        }
        switch Trial(at: scope).verdict {
        case .passed: return (Proposal(), difference)
        case .underway(let steps): return (steps, rest)
        case .refused(let words):
            return (
                Proposal(
                    conditions: [
                        condition(
                            "DoesNotStart",
                            "PostgreSQL does not start with \(what) as the manifest has it: \(words). The old values stay "
                                + "in force everywhere; correct spec.postgres")
                    ], waiting: ["parameters that PostgreSQL starts with"]), rest
            )
        case .failed(let words, var steps):
            steps.conditions.append(
                condition(
                    "TrialFailed",
                    "whether PostgreSQL starts with \(what) as the manifest has it could not be tried: \(words). The old "
                        + "values stay in force; it is tried again"))
            return (steps, rest)
        }
    }

    /// What PostgreSQL must take, without the section around it, and all the rest of a difference.
    private func parts(of difference: JSONValue, hasNewRules: Bool) -> (tried: JSONValue?, rest: JSONValue?) {
        guard case .members(let top) = difference, case .members(let section)? = difference["postgresql"] else {
            return (nil, difference)
        }
        let ours = hasNewRules ? ["parameters", "pg_hba"] : ["parameters"]
        let tried = section.filter { ours.contains($0.name) }
        let others = section.filter { !ours.contains($0.name) }
        var rest = top.filter { $0.name != "postgresql" }
        if !others.isEmpty { rest.append(JSONValue.Member("postgresql", .members(others))) }
        return (tried.isEmpty ? nil : .members(tried), rest.isEmpty ? nil : .members(rest))
    }

    /// The manifest owns all of `postgresql.parameters`: one that it does not name any more is removed.
    /// - Parameter keeping: the names of those that stay for now.
    private func withRemovals(_ desired: JSONValue, current: JSONValue, keeping: [String]) -> JSONValue {
        guard case .members(let seen)? = current["postgresql"]?["parameters"],
            case .members(let wanted)? = desired["postgresql"]?["parameters"],
            case .members(let postgresql)? = desired["postgresql"], case .members(let top) = desired
        else { return desired }
        let surplus = seen.filter { member in
            !wanted.contains { $0.name == member.name } && !keeping.contains(member.name)
        }
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
