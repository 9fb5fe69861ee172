package import Model

/// What etcd's members show.
extension Universe {
    /// The members' own answers; the membership only when a quorum tells it.
    package func lookAtStore() -> Sighting<EtcdView> {
        let running = engine.containers.filter {
            $0.component == .etcd && $0.owner == scope.text && $0.state.isRunning && isConnected($0)
        }
        let endpoints = running.map { ContainerName($0.home) }.sorted().map { name in
            EtcdEndpointView(container: name, status: status(of: name))
        }
        guard endpoints.contains(where: { $0.status.value != nil }) else {
            return .unknown(UnknownReason(.unreachable, "no etcd member answers"))
        }
        guard let known = store else { return .unknown(UnknownReason(.unreachable, "no etcd member answers")) }
        var view = EtcdView(clusterID: 0, members: [], endpoints: endpoints)
        guard known.isAvailable else { return .present(view) }
        view.clusterID = known.clusterID
        view.members = known.members.map {
            EtcdMemberView(id: $0.id, name: $0.name, peerURLs: [$0.peerURL], isLearner: $0.isLearner)
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        view.alarms = known.alarms
        let users = known.access.users.map { name, user in
            let secret = EtcdUsers.secret(of: name)
            let matches = known.access.isEnabled ? secret.map { user.version == version(of: $0) } : nil
            return EtcdUser(name: name, roles: user.roles, passwordMatches: matches)
        }
        view.access = .present(
            EtcdAccess(
                isEnabled: known.access.isEnabled, users: users.sorted { $0.name < $1.name },
                roles: known.access.roles.sorted { $0.name < $1.name }))
        return .present(view)
    }

    private func status(of name: ContainerName) -> Sighting<EtcdStatus> {
        guard let index = engine.living(name.text, .etcd), let etcd = engine.containers[index].etcd,
            engine.containers[index].state.isRunning, etcd.readyAt <= now, isConnected(engine.containers[index]),
            let known = store
        else { return .unknown(UnknownReason(.unreachable, "connection refused")) }
        return .present(
            EtcdStatus(
                memberID: etcd.memberID, leaderID: known.leader ?? 0, raftTerm: known.term, revision: known.revision,
                databaseBytes: known.fragmented.contains(etcd.memberID)
                    ? known.databaseBytes * 20 : known.databaseBytes,
                isLearner: known.members.first { $0.id == etcd.memberID }?.isLearner ?? false))
    }

    /// Patroni's keys, read linearizably; unknown without a quorum.
    package func lookAtKeys() -> Sighting<DCSView> {
        guard let known = store, known.isAvailable else {
            return .unknown(UnknownReason(.unreachable, "etcd has no quorum"))
        }
        var view = DCSView(revision: known.revision)
        let records = RetiredVolume.prefix(of: scope)
        for key in known.keys {
            if key.name.hasPrefix(records) {
                guard case .json(let json) = key.value else { continue }
                view.retired.append(
                    RetiredVolume(
                        volume: VolumeName(String(key.name.dropFirst(records.count))),
                        since: json["since"]?.string ?? "", why: json["why"]?.string ?? "",
                        modRevision: key.modRevision))
                continue
            }
            if key.name == BootstrapRecord.key(of: scope), case .json(let json) = key.value {
                view.bootstrapRecord = BootstrapRecord(json)
            }
            if key.name == RepositoryRecord.key(of: scope), case .json(let json) = key.value {
                view.repository = RepositoryRecord(json, modRevision: key.modRevision)
            }
            let pauses = PauseRecord.prefix(of: scope)
            if key.name.hasPrefix(pauses), case .json(let json) = key.value {
                view.pauses.append(
                    PauseRecord(
                        id: String(key.name.dropFirst(pauses.count)), value: json, modRevision: key.modRevision))
            }
            let nodes = NodeRequest.prefix(of: scope)
            if key.name.hasPrefix(nodes), case .json(let json) = key.value,
                let request = NodeRequest(
                    id: String(key.name.dropFirst(nodes.count)), value: json, modRevision: key.modRevision)
            {
                view.nodeRequests.append(request)
            }
            if key.name == SwitchoverRecord.key(of: scope) {
                let json: JSONValue? = if case .json(let json) = key.value { json } else { nil }
                view.switchover = SwitchoverRecord(value: json, modRevision: key.modRevision)
                continue
            }
            let checks = CheckRecord.prefix(of: scope)
            if key.name.hasPrefix(checks), case .json(let json) = key.value,
                let record = CheckRecord(
                    id: String(key.name.dropFirst(checks.count)), value: json, modRevision: key.modRevision)
            {
                view.checks.append(record)
            }
            guard key.name.hasPrefix(prefix) else { continue }
            switch key.value {
            case let value where key.name == prefix + "failover": view.handover = Universe.handover(value)
            case .text(let text) where key.name == prefix + "initialize":
                view.initialize = text
                view.initializeRevision = key.modRevision
            case .text(let text) where key.name == prefix + "leader":
                view.leader = LeaderKey(
                    node: NodeName(text), lease: key.lease, createRevision: key.createRevision,
                    modRevision: key.modRevision)
            case .text(let text) where key.name == prefix + "status": view.leaderPosition = Int64(text)
            case .json(let json) where key.name == prefix + "config": view.configuration = PatroniConfiguration(json)
            case .synchronous(let value): view.synchronous = value
            case .member(var value):
                value.leaseLeft = known.leases.first { $0.id == key.lease }.map { max(.zero, $0.expiresAt - now) }
                view.members.append(value)
            case .text, .json: break
            }
        }
        view.checks.sort { $0.endedAt < $1.endedAt }
        return .present(view)
    }
}
