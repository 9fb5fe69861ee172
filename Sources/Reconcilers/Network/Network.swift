public import Model

/// Keeps the cluster's two networks, and the controller's own place on the internal one.
public struct Network: Reconciler {
    /// Its name in plans and events.
    public let name = "network"
    /// Creates the planner.
    public init() {}

    /// Creates each network when it is missing, and attaches the supervisor to the internal one.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        var proposal = Proposal()
        for wanted in input.cluster.network.specs { proposal.add(keep(wanted, at: scope)) }
        if let network = scope.network, let own = input.observation.supervisor,
            let seen = scope.engine.container(id: own), seen.state.isRunning,
            !seen.attachments.contains(where: { $0.network == network.id })
        {
            proposal.actions.append(
                Action(
                    .docker(scope.engineID, .connect(network.id, own, aliases: [seen.name])),
                    on: scope.subject(seen.name), because: .disconnected(network.name)))
        }
        return proposal
    }

    private func keep(_ wanted: NetworkSpec, at scope: EngineScope) -> Proposal {
        let subject = Subject.network(scope.engineID, wanted.name)
        var proposal = Proposal()
        let named = scope.engine.networks(named: wanted.name)
        guard let network = scope.network(wanted.name) else {
            if let foreign = named.first {
                proposal.conditions.append(
                    Condition(
                        .notOwned, .true, reason: "NameTaken",
                        message:
                            "network \(wanted.name) (\(foreign.id.text.prefix(12))) is not ours and is left alone; "
                            + "remove it, or give the manifest another network name", subject: subject))
                proposal.waiting.append("the name \(wanted.name), which a network that is not ours has")
                return proposal
            }
            if let rival = rival(for: wanted.subnet, at: scope) {
                proposal.conditions.append(
                    Condition(
                        .notOwned, .true, reason: "SubnetTaken",
                        message:
                            "network \(rival.name) (\(rival.id.text.prefix(12))) has \(rival.subnet ?? ""), which "
                            + "overlaps with \(wanted.subnet ?? ""); \(scope.owns(rival.labels) ? "" : "remove it, or ")"
                            + "give the manifest another subnet, or none, and Docker chooses a free one",
                        subject: subject))
                proposal.wait(for: "the subnet \(wanted.subnet ?? "")", lookAgain: .seconds(5))
                return proposal
            }
            proposal.actions.append(
                Action(.docker(scope.engineID, .createNetwork(wanted)), on: subject, because: .missing))
            proposal.waiting.append("network \(wanted.name)")
            return proposal
        }
        reportDifferences(network, wanted: wanted, subject: subject, scope: scope, into: &proposal)
        for extra in named where extra.id != network.id && scope.owns(extra.labels) && extra.endpoints.isEmpty {
            proposal.actions.append(
                Action(.docker(scope.engineID, .removeNetwork(extra.id)), on: subject, because: .surplus))
        }
        return proposal
    }

    /// Another network in the address range that the manifest asks for (fault N08): Docker refuses without a name.
    private func rival(for subnet: String?, at scope: EngineScope) -> NetworkView? {
        guard let wanted = subnet.flatMap({ AddressBlock($0) }) else { return nil }
        return scope.engine.networks.first { network in
            network.subnet.flatMap { AddressBlock($0) }.map(wanted.overlaps) ?? false
        }
    }

    private func reportDifferences(
        _ network: NetworkView, wanted: NetworkSpec, subject: Subject, scope: EngineScope,
        into proposal: inout Proposal
    ) {
        var differences: [Reason.Difference] = []
        if network.driver != wanted.driver {
            differences.append(.init("driver", actual: network.driver, desired: wanted.driver))
        }
        if let subnet = wanted.subnet, network.subnet != subnet {
            differences.append(.init("subnet", actual: network.subnet ?? "none", desired: subnet))
        }
        guard !differences.isEmpty else { return }
        if network.endpoints.isEmpty {
            proposal.actions.append(
                Action(
                    .docker(scope.engineID, .removeNetwork(network.id)), on: subject,
                    because: .settingsDiffer(differences)))
        } else {
            proposal.conditions.append(
                Condition(
                    .unsupportedChange, .true, reason: "NetworkInUse",
                    message: Reason.settingsDiffer(differences).sentence
                        + "; a network's driver and subnet cannot change while containers are attached: "
                        + "put the old values back, or destroy the cluster (its data volumes stay) and start it anew",
                    subject: subject))
        }
    }
}
