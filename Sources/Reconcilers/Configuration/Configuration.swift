public import Model

/// Keeps Patroni's configuration as the manifest wants it: the dynamic one in etcd, where what the manifest does not manage
/// stays, and the record of the local one, from which each node's own file is made.
public struct Configuration: Reconciler {
    /// Its name in plans and events.
    public let name = "configuration"
    /// Creates the planner.
    public init() {}

    /// One `PATCH /config` with exactly the members that differ, and one new record; what PostgreSQL must take is tried first.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard case .present(let dcs) = input.observation.dcs, let scope = EngineScope(input) else { return Proposal() }
        guard !input.observation.localRecord.isUnknown else {
            return Proposal(
                waiting: ["the record of the nodes' own files, which cannot be read"], lookAgain: .seconds(5))
        }
        let known = input.observation.localConfiguration
        var local = LocalConfiguration(of: input.cluster, poolers: PoolerAccess.wanted(at: scope))
        guard let configuration = dcs.configuration else {
            return isNew(scope) && !local.startsLike(known) ? record(local, instead: known) : Proposal()
        }
        // what asks for a proof comes when every node can give it: by then each has read how to check the others, too
        let areProven = known != nil && CertificatesInForce(scope).areNodesProven
        local.nodesProve = known?.nodesProve == true || areProven
        local.patroniTLS = known?.patroniTLS == true || areProven
        let difference = difference(from: configuration.json, scope)
        // a person who paused Patroni may have edited it, too
        guard difference == nil || !dcs.isPaused else {
            let names = names(in: difference ?? .null).joined(separator: ", ")
            return Proposal(waiting: ["`patronictl resume`, before \(names) in Patroni's configuration is put back"])
        }
        var (proposal, admitted) = tried(Change(dynamic: difference, local: local), scope)
        proposal.add(record(admitted.local, instead: known))
        guard let patch = admitted.dynamic, let leader = dcs.leader,
            case .present(let member) = input.observation.member(leader.node), member.state == .running
        else { return proposal }
        proposal.actions.append(
            Action(
                .patroni(leader.node, .patchConfiguration(patch)), on: .leadership,
                because: .configurationDiffers(names(in: patch))))
        return proposal
    }

    /// Whether nothing has started yet, so that there is nothing that a value could take down.
    private func isNew(_ scope: EngineScope) -> Bool {
        switch History(scope, store: EtcdStore(scope)) {
        case .unborn, .recovering: true
        case .born, .forgotten, .dataLost, .contradictory, .unclear: false
        }
    }

    /// What is to change in etcd, and what the record of the local configuration is to be.
    private struct Change {
        var dynamic: JSONValue?
        var local: LocalConfiguration?
    }

    private func record(_ local: LocalConfiguration?, instead known: LocalConfiguration?) -> Proposal {
        guard let local, local != known else { return Proposal() }
        return Proposal(actions: [
            Action(
                .configureLocally(local), on: .localConfiguration,
                because: .localConfigurationDiffers(local.names(beside: known)))
        ])
    }

    /// What of a change may be done now, and what else is to be done and said about it.
    private func tried(_ change: Change, _ scope: EngineScope) -> (Proposal, Change) {
        let known = scope.input.observation.localConfiguration
        let (parameters, rest) = parts(of: change.dynamic, local: LocalParameters.names(scope.cluster))
        let isSafe = change.local?.startsLike(known) ?? true
        guard parameters != nil || !isSafe else { return (Proposal(), change) }
        var held = Change(dynamic: rest, local: known)
        held.local?.poolers = change.local?.poolers ?? []
        held.local?.nodesProve = change.local?.nodesProve ?? false
        held.local?.patroniTLS = change.local?.patroniTLS ?? false
        let subjects = parameters.map { names(in: $0) } ?? []
        let what = (subjects + (isSafe ? [] : change.local?.triedNames(beside: known) ?? [])).joined(separator: ", ")
        func condition(_ reason: String, _ message: String) -> Condition {
            Condition(.parametersRefused, .true, reason: reason, message: message, subject: .leadership)
        }
        switch Trial(at: scope).verdict {
        case .passed: return (Proposal(), change)
        case .underway(let steps): return (steps, held)
        case .refused(let words):
            return (
                Proposal(
                    conditions: [
                        condition(
                            "DoesNotStart",
                            "PostgreSQL does not start with \(what) as the manifest has it: \(words). The old values stay "
                                + "in force everywhere; correct spec.postgres")
                    ], waiting: ["parameters that PostgreSQL starts with"]), held
            )
        case .failed(let words, var steps):
            steps.conditions.append(
                condition(
                    "TrialFailed",
                    "whether PostgreSQL starts with \(what) as the manifest has it could not be tried: \(words). The old "
                        + "values stay in force; it is tried again"))
            return (steps, held)
        }
    }

    /// PostgreSQL's parameters, without the sections around them, and all the rest of a difference.
    /// - Parameter local: the names of the parameters in each node's own file.
    private func parts(of difference: JSONValue?, local: [String]) -> (tried: JSONValue?, rest: JSONValue?) {
        guard case .members(let top)? = difference, case .members(let section)? = difference?["postgresql"],
            case .members(let parameters)? = difference?["postgresql"]?["parameters"]
        else { return (nil, difference) }
        // a disk that is nearly full waits for no trial, which would need room
        let members = parameters.filter { $0.name != DiskGuard.parameter }
        let untried = parameters.filter { $0.name == DiskGuard.parameter }
        // what is taken out of etcd because it is in each node's own file has been tried there
        if members.allSatisfy({ $0.value == .null && (local.contains($0.name) || !LocalParameters.isName($0.name)) }) {
            return (nil, difference)
        }
        var others = section.filter { $0.name != "parameters" }
        if !untried.isEmpty { others.insert(JSONValue.Member("parameters", .members(untried)), at: 0) }
        var rest = top.filter { $0.name != "postgresql" }
        if !others.isEmpty { rest.append(JSONValue.Member("postgresql", .members(others))) }
        return (.members(members), rest.isEmpty ? nil : .members(rest))
    }

    /// How etcd differs from the manifest, which owns all of `postgresql.parameters`: one that it does not name any more is
    /// removed. What belongs into each node's own file is removed once every node has read that file: a node that has not
    /// read it would serve without these settings.
    private func difference(from current: JSONValue, _ scope: EngineScope) -> JSONValue? {
        let desired = DynamicConfiguration.desired(for: scope.cluster)
        guard case .members(let top) = desired, case .members(let section)? = desired["postgresql"],
            case .members(var parameters)? = desired["postgresql"]?["parameters"]
        else { return nil }
        if DiskGuard(at: scope).isReadOnly { parameters.append(JSONValue.Member(DiskGuard.parameter, .string("on"))) }
        let isRead = scope.input.observation.localConfiguration != nil && CertificatesInForce(scope).lateNode == nil
        let local = LocalParameters.names(scope.cluster)
        var surplus: [JSONValue.Member] = []
        if case .members(let seen)? = current["postgresql"]?["parameters"] {
            surplus = seen.filter { member in
                !parameters.contains { $0.name == member.name } && (isRead || !local.contains(member.name))
            }
        }
        func removed(_ names: [String]) -> [JSONValue.Member] { names.map { JSONValue.Member($0, .null) } }
        let all = parameters + removed(surplus.map(\.name))
        let wanted =
            section.filter { $0.name != "parameters" } + [JSONValue.Member("parameters", .members(all))]
            + removed(isRead ? LocalParameters.settings : [])
        // a standby cluster takes programs from etcd, and a cluster of this controller never is one
        let rest = top.filter { $0.name != "postgresql" } + removed(["standby_cluster"])
        return current.patch(towards: .members(rest + [JSONValue.Member("postgresql", .members(wanted))]))
    }

    private func names(in patch: JSONValue, prefix: String = "") -> [String] {
        guard case .members(let members) = patch else { return [prefix] }
        return members.flatMap { names(in: $0.value, prefix: prefix.isEmpty ? $0.name : "\(prefix).\($0.name)") }
    }
}
