public import Model

/// The world as it was really seen, copied into a model: what `controller plan` makes its forecast with.
extension SimulatedWorld {
    /// A world without faults that starts as an observation shows the real one. What could not be seen is left out.
    public init(from observation: Observation, cluster: Cluster, now: Moment) {
        var universe = Universe(seed: 1, scope: cluster.name)
        universe.varies = false
        universe.now = now.uptime
        universe.wallOffsetMilliseconds = now.wallMilliseconds - now.uptime.milliseconds
        universe.client.nextWrite = now.uptime
        universe.secrets = observation.secrets
        universe.identity = observation.identity
        universe.localConfiguration = observation.localConfiguration
        universe.bucket = cluster.backups.s3 == nil ? nil : SimulatedRepository()
        universe.copy(observation, cluster: cluster)
        self.init(universe: universe, cluster: cluster)
    }

    /// The longest time in which the writing client got nothing acknowledged.
    public var writeGap: Duration { universe.client.longestGap }
}

extension Universe {
    mutating func copy(_ observation: Observation, cluster: Cluster) {
        serial = 1_000_000
        if case .present(let view)? = observation.engines.first?.view { copy(view, cluster) }
        copyStore(observation)
        for sighting in observation.members { copyMember(sighting, observation, cluster) }
        for sighting in observation.poolers { copyPooler(sighting) }
        copyCatalog(observation, cluster)
        settleStore()
        if store?.electionAt != nil { store?.electionAt = now }
        electStoreLeader()
        isStirred = false
    }

    private mutating func copy(_ view: EngineView, _ cluster: Cluster) {
        engine.id = view.id
        engine.features = view.images.first { $0.reference == cluster.nodes.image }?.features ?? []
        engine.images = view.images.compactMap { $0.id.value == nil ? nil : $0.reference }
        engine.networks = view.networks.map {
            SimulatedNetwork(
                id: $0.id, name: $0.name, driver: $0.driver, subnet: $0.subnet ?? "172.20.0.0/16", labels: $0.labels)
        }
        engine.disk = view.disk.value
        engine.volumes = view.volumes.map {
            SimulatedVolume(
                name: $0.name, labels: $0.labels, createdAt: $0.createdAt, isOnEngineDisk: $0.isOnEngineDisk)
        }
        for seen in view.containers {
            var container = SimulatedContainer(
                id: seen.id, name: seen.name, image: seen.image, labels: seen.labels, settings: seen.settings)
            container.state = seen.state
            container.createdAt = seen.createdAt
            container.attachments = seen.attachments
            container.features = seen.features
            let isConsole = container.component == .console
            container.ownNetwork = isConsole ? cluster.network.clientsName : cluster.network.name
            container.files = (seen.files.value ?? []).map { file in
                switch file.content {
                case .asWritten(let digest): PlacedFile(path: file.path, content: "", digest: digest)
                case .edited: PlacedFile(path: file.path, content: "", digest: Digest(text: ""), isEdited: true)
                }
            }
            engine.containers.append(container)
            copyData(seen.data, at: engine.containers.count - 1)
        }
    }

    private mutating func copyData(_ data: Sighting<DataView>, at index: Int) {
        switch data.value {
        case .postgres(let data):
            setContent(of: index, .postgres(directory(data.systemIdentifier, data.timeline, 0, data.wasPrimary)))
        case .incomplete: setContent(of: index, .incomplete)
        case .empty, .etcd, nil: break
        }
    }

    /// A directory with the one history that an observation can tell of.
    private func directory(_ identifier: String, _ timeline: Int64, _ lsn: Int64, _ wasPrimary: Bool) -> DataDirectory {
        var directory = DataDirectory(systemIdentifier: identifier, stretch: 1)
        directory.history = [.init(id: 1, timeline: timeline, start: 0)]
        directory.lsn = lsn
        directory.wasPrimary = wasPrimary
        return directory
    }

    private mutating func copyStore(_ observation: Observation) {
        guard case .present(let view) = observation.etcd else { return }
        let members = view.members.map {
            StoreMember(id: $0.id, name: $0.name, peerURL: $0.peerURLs.first ?? "", isLearner: $0.isLearner)
        }
        var copy = SimulatedStore(clusterID: view.clusterID, members: members)
        copy.alarms = view.alarms
        if let access = view.access.value {
            copy.access.isEnabled = access.isEnabled
            copy.access.roles = access.roles
            for user in access.users {
                let secret = user.passwordMatches == false ? nil : EtcdUsers.secret(of: user.name)
                copy.access.users[user.name] = .init(
                    roles: user.roles, version: secret.map { version(of: $0) } ?? "other")
            }
        }
        if case .present(let dcs) = observation.dcs {
            let ttl = dcs.configurationInForce.ttl
            copy.resume(at: dcs.revision)
            if let value = dcs.initialize { copy.put(prefix + "initialize", .text(value)) }
            if let value = dcs.configuration { copy.put(prefix + "config", .json(value.json)) }
            if let value = dcs.synchronous { copy.put(prefix + "sync", .synchronous(value)) }
            for member in dcs.members {
                copy.leases.append(StoreLease(id: member.lease, ttl: ttl, expiresAt: now + ttl))
                copy.put(prefix + "members/" + member.name.text, .member(member), lease: member.lease)
            }
            if let leader = dcs.leader {
                if !copy.leases.contains(where: { $0.id == leader.lease }) {
                    copy.leases.append(StoreLease(id: leader.lease, ttl: ttl, expiresAt: now + ttl))
                }
                copy.put(prefix + "leader", .text(leader.node.text), lease: leader.lease)
            }
            // the forecast is for the time after a pause of the whole cluster; nodes in maintenance stay so
            for pause in dcs.pauses where pause.node != nil {
                guard let json = JSONText.value(of: pause.value) else { continue }
                copy.put(PauseRecord.key(of: scope, node: pause.node), .json(json))
            }
            if let record = dcs.bootstrapRecord, let json = JSONText.value(of: record.value) {
                copy.put(BootstrapRecord.key(of: scope), .json(json))
            }
            if let record = dcs.repository, let json = JSONText.value(of: record.value) {
                copy.put(RepositoryRecord.key(of: scope), .json(json))
            }
            if let record = dcs.switchover, let json = JSONText.value(of: record.value) {
                copy.put(SwitchoverRecord.key(of: scope), .json(json))
            }
            for request in dcs.nodeRequests {
                guard let json = JSONText.value(of: request.value) else { continue }
                copy.put(NodeRequest.key(of: scope, node: request.node), .json(json))
            }
            for record in dcs.retired {
                let json = JSONValue.object([("since", .string(record.since)), ("why", .string(record.why))])
                copy.put(RetiredVolume.prefix(of: scope) + record.volume.text, .json(json))
            }
        }
        store = copy
        for index in engine.containers.indices where engine.containers[index].component == .etcd {
            let name = engine.containers[index].home
            guard let member = members.first(where: { $0.name == name }) else { continue }
            setContent(of: index, .etcd(EtcdData(clusterID: view.clusterID, memberID: member.id)))
            guard engine.containers[index].hasProcess else { continue }
            engine.containers[index].etcd = EtcdProcess(
                memberID: member.id, clusterID: view.clusterID, readyAt: now,
                transport: EtcdListeners(label: engine.containers[index].labels.value(of: Label.etcdTLS)))
        }
    }

    private mutating func copyMember(_ sighting: MemberSighting, _ observation: Observation, _ cluster: Cluster) {
        guard case .present(let view) = sighting.view, let index = index(of: sighting.node) else { return }
        var node = NodeProcess(name: sighting.node, now: now, awakeAt: now)
        node.storePassword = version(of: .etcdUser(of: sighting.node))
        node.usesTLS = engine.containers[index].labels.value(of: Label.etcdTLS) != nil
        let dcs = observation.dcs.value
        node.configuration = dcs?.configuration
        node.localParameters = .object(
            (observation.localConfiguration?.parameters ?? []).map { ($0.name, .string($0.value)) })
        node.started = node.parameters
        node.lease = dcs?.member(sighting.node)?.lease
        node.tags = dcs?.member(sighting.node)?.tags ?? []
        node.startedAt = view.startedAt
        node.pendingParameters = view.pending
        for parameter in view.pending {
            node.started = node.started?.merged(with: .object([(parameter.name, .string(parameter.current))]))
        }
        node.nextLoop = now + .seconds(5)
        let isPrimary = view.role == .primary
        if let identifier = view.systemIdentifier {
            let end = observation.members.compactMap { $0.view.value?.walPosition }.max() ?? 0
            var data = directory(identifier, view.timeline ?? 1, view.isStreaming || isPrimary ? end : 0, isPrimary)
            if isPrimary, let key = dcs?.synchronous, !key.standbys.isEmpty {
                data.commitsAwait = .first(min(cluster.postgres.synchronous.number, key.standbys.count), key.standbys)
            }
            setContent(of: index, .postgres(data))
        }
        switch view.state {
        case .running: node.server = isPrimary ? .primary : .replica
        case .failed: node.server = .failed
        case .starting: node.begin(.starting, until: now + .seconds(1))
        case .cloning: node.begin(.cloning(from: dcs?.leader?.node ?? sighting.node), until: now + .seconds(4))
        case .initializing: node.begin(.initializing, until: now + .seconds(3))
        case .stopped, .other: node.server = .stopped
        }
        if view.isStreaming { node.upstream = dcs?.leader?.node }
        engine.containers[index].node = node
    }

    private mutating func copyCatalog(_ observation: Observation, _ cluster: Cluster) {
        if case .present(let repository) = observation.repository, case .ok(let identifier) = repository.stanza,
            // the engine may carry other clusters, too
            let index = engine.containers.firstIndex(where: {
                (bucket != nil || $0.repositoryVolume != nil) && $0.owner == scope.text
            })
        {
            let stanza = SimulatedRepository.Stanza(
                name: cluster.backups.stanza, systemIdentifier: identifier, backups: repository.backups)
            _ = keep(SimulatedRepository(stanzas: [stanza]), of: index)
        }
        guard case .present(let view) = observation.database else { return }
        for place in engine.volumes.indices {
            guard case .postgres(var directory) = engine.volumes[place].content else { continue }
            directory.catalog.extensions = view.application.extensions.filter { $0.installed != nil }
            directory.catalog.migrations = view.application.migrations.value
            directory.catalog.roles = view.roles
            directory.catalog.contents = view.databases
            for name in ["postgres", cluster.accounts.database] where !directory.catalog.databases.contains(name) {
                directory.catalog.contents.append(DeclaredDatabaseView(name: name, owner: "postgres"))
            }
            directory.catalog.contents.sort { $0.name < $1.name }
            directory.catalog.hasPoolerLogin = view.hasPoolerLogin
            directory.catalog.hasMonitorFunction = view.hasMonitorFunction
            directory.catalog.closed = view.refusedConnections.map(\.database)
            directory.catalog.isGranted = view.application.missingGrants.isEmpty
            engine.volumes[place].content = .postgres(directory)
        }
    }
}
