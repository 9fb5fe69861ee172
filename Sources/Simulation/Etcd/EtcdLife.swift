internal import Model

/// How etcd members start, found a store, join one, and elect.
extension Universe {
    /// Starts the etcd in a container from its file, or lets it exit as etcd does when that makes no sense.
    mutating func startEtcd(_ index: Int) {
        let container = engine.containers[index]
        guard let volume = container.dataVolume, let place = engine.index(of: volume),
            let file = container.files.first(where: { $0.path.hasSuffix("etcd.yaml") })
        else { return fail(index, "etcd has no configuration") }
        let text = file.content.filled { $0.text }
        let initial = text.split(separator: "\n").first { $0.hasPrefix("initial-cluster: ") }?.dropFirst(17) ?? ""
        let isNew = text.contains("initial-cluster-state: new")
        let listed = initial.split(separator: ",").map(String.init)
        let ready = now + draw(150...600)
        switch engine.volumes[place].content {
        case .etcd(let data):
            guard data.clusterID == store?.clusterID, store?.members.contains(where: { $0.id == data.memberID }) == true
            else { return fail(index, "the member has been permanently removed from the cluster") }
            engine.containers[index].etcd = EtcdProcess(
                memberID: data.memberID, clusterID: data.clusterID, readyAt: ready,
                address: container.attachments.first?.address, transport: EtcdListeners(configuration: text))
        case .empty:
            let name = container.home
            guard let data = isNew ? found(name, listed) : join(name, listed) else {
                return fail(index, "etcd cannot join")
            }
            engine.volumes[place].content = .etcd(data)
            engine.containers[index].etcd = EtcdProcess(
                memberID: data.memberID, clusterID: data.clusterID, readyAt: ready,
                address: container.attachments.first?.address, transport: EtcdListeners(configuration: text))
        case .postgres, .incomplete, .repository: return fail(index, "the data directory is not etcd's")
        }
        readIdentity(index)
        settleStore()
    }

    /// Ends a container that has just started and cannot go on.
    mutating func fail(_ index: Int, _ why: String) {
        let name = engine.containers[index].name
        note("\(name): \(why)")
        endSoon(index, within: 100...400, exitCode: 1)
    }

    /// A member that starts with `initial-cluster-state: new` and nothing in its directory.
    private mutating func found(_ name: String, _ listed: [String]) -> EtcdData? {
        let members = listed.enumerated().compactMap { number, entry -> StoreMember? in
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            return StoreMember(id: UInt64(number + 1), name: parts[0], peerURL: parts[1])
        }
        guard let own = members.first(where: { $0.name == name }) else { return nil }
        guard let known = store, engine.volumes.contains(where: { $0.content.etcd?.clusterID == known.clusterID })
        else {
            // no member has data: these members found a store, whatever another one once held
            if store != nil { storeLosses += 1 }
            store = SimulatedStore(clusterID: UInt64(nextSerial()), members: members)
            return store.map { EtcdData(clusterID: $0.clusterID, memberID: own.id) }
        }
        // a founder's IDs come from names and token: an emptied member comes back under its old ID, and panics at the
        // leader's first heartbeat, unless nothing was ever committed or the emptied ones are a majority
        guard let member = known.members.first(where: { $0.name == name && !$0.isLearner }) else { return nil }
        if known.revision > 1 {
            let holders = engine.volumes.compactMap(\.content.etcd).filter { data in
                data.clusterID == known.clusterID && known.voters.contains { $0.id == data.memberID }
            }
            guard holders.count * 2 <= known.voters.count else { return nil }
            storeLosses += 1
            store = SimulatedStore(clusterID: known.clusterID, members: known.members)
        }
        return EtcdData(clusterID: known.clusterID, memberID: member.id)
    }

    /// A member that starts with `initial-cluster-state: existing` and nothing in its directory.
    private mutating func join(_ name: String, _ listed: [String]) -> EtcdData? {
        guard let known = store, known.isAvailable else { return nil }
        let urls = listed.compactMap { $0.split(separator: "=", maxSplits: 1).last.map(String.init) }.sorted()
        guard urls == known.members.map(\.peerURL).sorted() else { return nil }
        guard
            let own = listed.first(where: { $0.hasPrefix(name + "=") })?.split(separator: "=", maxSplits: 1).last,
            let place = known.members.firstIndex(where: { $0.peerURL == String(own) && $0.name.isEmpty })
        else { return nil }
        store?.members[place].name = name
        let caughtUpAt = now + draw(300...2000)
        store?.members[place].caughtUpAt = caughtUpAt
        return EtcdData(clusterID: known.clusterID, memberID: known.members[place].id)
    }

    /// Whether a member's process answers and its peers reach it.
    func isServing(_ member: UInt64) -> Bool {
        engine.containers.contains { container in
            guard let etcd = container.etcd, container.state.isRunning else { return false }
            let hasMoved = etcd.address.map { old in !container.attachments.contains { $0.address == old } }
            return etcd.memberID == member && etcd.clusterID == store?.clusterID && etcd.readyAt <= now
                && isConnected(container) && hasMoved != true && meetsPeers(etcd)
        }
    }

    /// Whether a member's peers reach it where they look for it, and whether it reaches them: one without certificates does not
    /// where they speak TLS.
    private func meetsPeers(_ etcd: EtcdProcess) -> Bool {
        guard let members = store?.members, members.count > 1 else { return true }
        return members.allSatisfy { member in
            let tls = member.peerURL.hasPrefix("https:")
            return member.id == etcd.memberID ? etcd.transport.takes(tls: tls) : etcd.transport.tls || !tls
        }
    }

    /// Whether a node and a member that serves understand and trust each other. A copy of the real world knows no authorities.
    func isUnderstood(_ index: Int) -> Bool {
        let node = engine.containers[index]
        let tls = node.node?.usesTLS == true
        if let access = store?.access, access.isEnabled {
            guard tls, let user = access.users[EtcdUsers.user(of: NodeName(node.home))],
                user.version == node.node?.storePassword,
                user.roles.contains(where: { role in
                    access.roles.contains {
                        $0.name == role && $0.grants.contains(EtcdGrant(.readWrite, below: prefix))
                    }
                })
            else { return false }
        }
        func authorities(_ container: SimulatedContainer, _ file: String) -> [String] {
            container.files.first { $0.path.hasSuffix(file) }?.authorities ?? []
        }
        let (signer, trusted) = (authorities(node, "etcd.pem").first, authorities(node, "cluster.crt"))
        return engine.containers.contains { member in
            guard let etcd = member.etcd, etcd.transport.takes(tls: tls), tls || etcd.transport.namesPlain,
                isServing(etcd.memberID)
            else { return false }
            guard tls, let signer, let other = authorities(member, "identity.pem").first else { return true }
            return member.identity.trusted.contains(signer) && trusted.contains(other)
        }
    }

    /// Whether a container has an endpoint on its own network, and that exists.
    func isConnected(_ container: SimulatedContainer) -> Bool {
        container.hasProcess
            && container.attachments.contains {
                $0.networkName == container.ownNetwork && engine.index(of: $0.network) != nil
            }
    }

    /// Brings etcd's leadership up to date after anything that may have changed it.
    mutating func settleStore() {
        guard let known = store else { return }
        let voters = known.voters
        let serving = voters.filter { isServing($0.id) }
        guard serving.count * 2 > voters.count else {
            if known.leader != nil { note("etcd has no quorum") }
            store?.leader = nil
            store?.electionAt = nil
            return
        }
        if let leader = known.leader, serving.contains(where: { $0.id == leader }) { return }
        store?.leader = nil
        guard known.electionAt == nil else { return }
        let end = now + draw(known.term == 1 ? 100...400 : 300...1500)
        store?.electionAt = end
    }

    /// Ends an election whose time has come; the new leader gives every lease its whole time again.
    mutating func electStoreLeader() {
        guard let known = store, let due = known.electionAt, due <= now else { return }
        store?.electionAt = nil
        let serving = known.voters.filter { isServing($0.id) }
        guard serving.count * 2 > known.voters.count, let first = serving.first else { return }
        store?.leader = (varies ? random.pick(serving) : first)?.id
        store?.term += 1
        for place in known.leases.indices { store?.leases[place].expiresAt = now + known.leases[place].ttl }
        let leader = store?.leader ?? 0
        note("etcd elects member \(leader)")
        isStirred = true
    }

    /// Ends leases that were not kept alive.
    mutating func expireLeases() {
        guard let known = store, known.isAvailable else { return }
        for lease in known.leases where lease.expiresAt <= now {
            let isLeaders = known.key(prefix + "leader")?.lease == lease.id
            note("lease \(lease.id) expires")
            store?.revoke(lease.id)
            if isLeaders { leaderKeyGone() }
        }
    }
}

extension VolumeContent {
    /// The etcd data directory, when it is one.
    var etcd: EtcdData? {
        if case .etcd(let data) = self { data } else { nil }
    }
}
