public import Model

/// Keeps the etcd members running, joins and removes them one at a time, and keeps the store writable.
public struct Etcd: Reconciler {
    /// Its name in plans and events.
    public let name = "etcd"
    /// Creates the planner.
    public init() {}

    /// Founds the store, repairs members, replaces lost ones as learners, and frees space.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        let store = EtcdStore(scope)
        var proposal = Proposal()
        var interruption: Action?
        for name in input.cluster.etcdNames {
            let spec = EtcdSpec.container(name, join: join(of: name, store: store), at: scope)
            let group = spec.group(at: scope)
            switch group {
            case .paused(let seen):
                proposal.actions.append(
                    Action(.docker(scope.engineID, .unpause(seen.id)), on: scope.subject(name), because: .paused))
            case .disconnected(let seen) where seen.state.isAlive:
                proposal.actions.append(spec.rest(seen, at: scope))
            case .misfiled(let seen, let files) where seen.state.isAlive:
                // a new certificate is read at the next handshake; all else only at the start, so it is not put there before
                let paths = files.map(\.path)
                guard paths.allSatisfy(EtcdSpec.readAlways.contains) else { break }
                // only these: another authority may have been added since the look, and would be written with the rest
                proposal.actions.append(
                    Action(
                        .docker(scope.engineID, .upload(seen.id, files)), on: scope.subject(name),
                        because: .filesDiffer(paths)))
            default:
                proposal.add(spec.reconcile(at: scope, group: group, mayStart: obstacle(for: name, store: store)))
            }
            proposal.add(membership(of: name, store: store))
            if interruption == nil { interruption = interrupt(name, group: group, store: store) }
        }
        let isReady = store.isComplete && !store.hasPlainPeers || lacksQuorumForLong(store)
        if let interruption, isReady { proposal.actions.append(interruption) }
        proposal.add(movePeers(store: store))
        proposal.add(EtcdAuthentication.propose(store))
        proposal.add(removeSurplus(store: store))
        proposal.add(EtcdSpaceRecovery.free(store: store))
        report(store, into: &proposal)
        return proposal
    }

    /// How a member joins: as its container says, or as the membership now demands of an empty one.
    private func join(of name: ContainerName, store: EtcdStore) -> String {
        if let seen = store.scope.container(name) {
            let label = seen.labels.value(of: Label.etcdJoin) ?? EtcdSpec.bootstrap
            guard !seen.state.isAlive, seen.data.value == .empty else { return label }
            return store.joinLabel(for: name) ?? label
        }
        return store.joinLabel(for: name) ?? EtcdSpec.bootstrap
    }

    /// What a member that does not run waits for; nil when it may start.
    private func obstacle(for name: ContainerName, store: EtcdStore) -> String? {
        guard let seen = store.scope.container(name) else { return nil }
        switch seen.data {
        case .unknown(let unknownReason): return "a look into its data volume (\(unknownReason.cause.rawValue))"
        case .absent: return "its data volume"
        case .present(.etcd), .present(.incomplete), .present(.postgres): return nil
        case .present(.empty):
            if store.isNotBootstrapped {
                // an empty store knows no leader: the first node that asked it would lead, however far behind
                return store.scope.containers(of: .node).contains { $0.state.isAlive } ? "all nodes to stop" : nil
            }
            if store.joinLabel(for: name) != nil { return nil }
            if store.membership != nil { return "its place among the members" }
            return store.isPristine ? nil : "the other members' quorum, because its own data is empty"
        }
    }

    /// Steps in etcd's membership for a member whose data is empty or which has just caught up.
    private func membership(of name: ContainerName, store: EtcdStore) -> Proposal {
        guard store.membership != nil else { return Proposal() }
        let url = EtcdSpec.peerURL(of: name, tls: EtcdTransport(store.scope).isAcceptedEverywhere)
        guard let member = store.member(name) else {
            if let seen = store.scope.container(name), !seen.state.isAlive {
                return rejoin(name, data: seen.data, url: url, store: store)
            }
            return Proposal()
        }
        let container = store.scope.container(name)
        let isEmptied = container.map { !$0.state.isAlive && $0.data.value == .empty } ?? false
        if member.isLearner, !member.name.isEmpty, !isEmptied {
            return Proposal(
                actions: [Action(.etcd(.promote(memberID: member.id)), on: .etcd, because: .learnerReady)],
                waiting: ["\(name) catching up"], lookAgain: .milliseconds(500))
        }
        guard !member.name.isEmpty, isEmptied, !store.isPristine else { return Proposal() }
        guard store.keepsQuorum(without: member.id) else {
            return Proposal(waiting: ["a quorum without \(name), whose data is lost"])
        }
        return Proposal(
            actions: [
                Action(.etcd(.removeMember(memberID: member.id)), on: .etcd, because: .memberLost(name.text))
            ])
    }

    /// A container that is no member: empty it may be added; with data of a former membership it needs a new volume.
    private func rejoin(_ name: ContainerName, data: Sighting<DataView>, url: String, store: EtcdStore) -> Proposal {
        switch data {
        case .present(.empty):
            let isBusy = store.membership?.contains { $0.isLearner } ?? true
            guard !isBusy else { return Proposal(waiting: ["the other learner, before \(name) is added"]) }
            return Proposal(
                actions: [Action(.etcd(.addLearner(peerURL: url)), on: .etcd, because: .memberLost(name.text))])
        case .present(.etcd), .present(.incomplete), .present(.postgres):
            let spec = EtcdSpec.nextVolume(of: name, at: store.scope)
            return Proposal(
                actions: [
                    Action(
                        .docker(store.scope.engineID, .createVolume(spec)),
                        on: .volume(store.scope.engineID, spec.name), because: .memberLost(name.text))
                ])
        case .absent, .unknown:
            return Proposal(waiting: ["a look into the data volume of \(name)"])
        }
    }

    /// Where a cluster of an older build changes over to TLS: the peers of a member are told its new address, one member after
    /// the other, as soon as all listen there.
    private func movePeers(store: EtcdStore) -> Proposal {
        guard EtcdTransport(store.scope).isAcceptedEverywhere, let membership = store.membership,
            // a learner that is given another address counts as a voter from then on (findings/etcd-update-of-a-learner.sh)
            membership.allSatisfy({ !$0.name.isEmpty && !$0.isLearner })
        else { return Proposal() }
        let plain = membership.filter {
            store.isPlain($0) && store.scope.container(ContainerName($0.name))?.state.isRunning == true
        }
        // one that died on the way takes TLS alone by now, and its peers do not find it
        guard
            let member = plain.first(where: { !store.isHealthy(ContainerName($0.name)) })
                ?? (store.isComplete ? plain.first : nil)
        else { return Proposal() }
        let url = EtcdSpec.peerURL(of: ContainerName(member.name), tls: true)
        return Proposal(
            actions: [
                Action(.etcd(.movePeer(memberID: member.id, peerURL: url)), on: .etcd, because: .withoutTLS)
            ], waiting: ["etcd's peers to speak TLS"], lookAgain: .milliseconds(250))
    }

    /// Stopping a running member so that it can be replaced; only one, and only when all others are well.
    private func interrupt(_ name: ContainerName, group: ContainerGroup, store: EtcdStore) -> Action? {
        let subject = store.scope.subject(name)
        switch group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            return Action(
                .docker(store.scope.engineID, .stop(seen.id)), on: subject, because: .settingsDiffer(differences))
        case .misfiled(let seen, let files) where seen.state.isAlive:
            guard !files.allSatisfy({ EtcdSpec.readAlways.contains($0.path) }) else { return nil }
            return Action(
                .docker(store.scope.engineID, .stop(seen.id)), on: subject, because: .filesDiffer(files.map(\.path)))
        case .missing, .foreign, .removing, .renamed, .outdated, .paused, .restarting, .adjustable, .disconnected,
            .unread,
            .misfiled, .startable, .running:
            return nil
        }
    }

    /// A person changed the password of etcd's superuser. Only that superuser can set it.
    private func refusal(_ names: [ContainerName], _ store: EtcdStore) -> Condition {
        Condition(
            .etcdHealthy, .unknown, reason: "Refused",
            message:
                "etcd refuses the controller's password, so nothing is known and nothing is done; set it again to what "
                + "\(SecretName.etcdRoot) in the state directory's secrets says: "
                + "`docker exec -it \(names.first?.text ?? "etcd-1") etcdctl user passwd \(EtcdUsers.root)`",
            subject: .etcd)
    }

    /// Longer than any election takes.
    private static let patience: Duration = .seconds(20)

    /// Whether the members, all of which run, have had no quorum for longer than an election takes: then it is what they run
    /// with that keeps them apart. An election goes on whenever the leader was the one that was stopped.
    private func lacksQuorumForLong(_ store: EtcdStore) -> Bool {
        let scope = store.scope
        let names = scope.cluster.etcdNames
        return store.membership == nil && !names.isEmpty
            && names.allSatisfy { name in
                guard case .running(let text)? = scope.container(name)?.state, let start = Timestamp(text) else {
                    return false
                }
                return Timestamp(scope.input.now) - start > Etcd.patience
            }
    }

    private func removeSurplus(store: EtcdStore) -> Proposal {
        let scope = store.scope
        let wanted = scope.cluster.etcdNames.map(\.text)
        let surplus = scope.containers(of: .etcd).filter { !wanted.contains($0.labels.value(of: Label.name) ?? "") }
        guard let seen = surplus.last else { return removeStranger(store: store) }
        let name = seen.ownName
        guard store.isComplete else { return Proposal(waiting: ["all wanted etcd members before \(name) leaves"]) }
        if let member = store.member(name) {
            guard store.keepsQuorum(without: member.id) else {
                return Proposal(waiting: ["a quorum without \(name)"])
            }
            return Proposal(actions: [
                Action(.etcd(.removeMember(memberID: member.id)), on: .etcd, because: .surplus)
            ])
        }
        let effect: DockerEffect = seen.state.isAlive ? .stop(seen.id) : .remove(seen.id)
        return Proposal(actions: [Action(.docker(scope.engineID, effect), on: scope.subject(name), because: .surplus)])
    }

    /// A member that the manifest does not name and that has no container any more.
    private func removeStranger(store: EtcdStore) -> Proposal {
        let names = store.scope.cluster.etcdNames
        let urls = names.flatMap { EtcdSpec.peerURLs(of: $0) }
        let stranger = store.membership?.last { member in
            !names.contains(ContainerName(member.name)) && !member.peerURLs.contains { urls.contains($0) }
        }
        guard let stranger else { return Proposal() }
        guard store.isComplete, store.keepsQuorum(without: stranger.id) else {
            return Proposal(waiting: ["all wanted etcd members before \(stranger.name) leaves"])
        }
        return Proposal(actions: [
            Action(.etcd(.removeMember(memberID: stranger.id)), on: .etcd, because: .surplus)
        ])
    }

    private func report(_ store: EtcdStore, into proposal: inout Proposal) {
        let names = store.scope.cluster.etcdNames
        let healthy = names.filter { store.isHealthy($0) }
        let isComplete = store.isComplete
        if case .unknown(let why) = store.scope.input.observation.etcd, why.cause == .forbidden {
            proposal.conditions.append(refusal(names, store))
            return proposal.wait(for: "etcd, which refuses the controller")
        }
        let single = names.count == 1 ? "; one member tolerates no failure" : ""
        proposal.conditions.append(
            Condition(
                .etcdHealthy, isComplete ? .true : store.view == nil ? .unknown : .false,
                reason: isComplete ? "AllMembersHealthy" : store.membership == nil ? "NoQuorum" : "MembersMissing",
                message: "\(healthy.count) of \(names.count) etcd members are healthy\(single)", subject: .etcd))
        if !isComplete {
            proposal.wait(
                for: "etcd: \(healthy.count) of \(names.count) members healthy", lookAgain: .milliseconds(250))
        }
    }
}
