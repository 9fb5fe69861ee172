package import Model

/// What a node shows over REST and SQL.
extension Universe {
    /// Patroni's own words for a node's state and role.
    func member(_ index: Int) -> (state: String, role: String) {
        guard let node = engine.containers[index].node else { return ("stopped", "replica") }
        let role = node.server == .primary ? "primary" : "replica"
        switch node.job {
        case .initializing: return ("initializing new cluster", "uninitialized")
        case .cloning: return ("creating replica", "uninitialized")
        case .starting: return ("starting", "replica")
        case .rewinding, .demoting: return ("stopped", "replica")
        case .restarting(let wasPrimary): return ("restarting", wasPrimary ? "primary" : "replica")
        case .handingOver: return ("stopping", "primary")
        case .promoting, nil: break
        }
        switch node.server {
        case .stopped:
            guard let directory = directory(of: index) else { return ("stopped", "uninitialized") }
            // what a Patroni calls the data of a primary that it has not started yet
            return ("stopped", directory.wasPrimary && node.started == nil ? "demoted" : "replica")
        case .failed: return ("start failed", "replica")
        case .replica, .primary: return ("running", role)
        }
    }

    /// Every node that has a container.
    package func lookAtMembers() -> [MemberSighting] {
        let nodes = engine.containers.filter { $0.component == .node && $0.owner == scope.text }
        return nodes.map { MemberSighting(node: NodeName($0.home), view: lookAtMember(NodeName($0.home))) }
            .sorted { $0.node < $1.node }
    }

    /// A node's Patroni over REST; absent when its container does not run, or is frozen.
    package func lookAtMember(_ name: NodeName) -> Sighting<MemberView> {
        guard let index = index(of: name), engine.containers[index].state.isRunning else { return .absent }
        guard isConnected(engine.containers[index]) else { return .unknown(UnknownReason(.unreachable, "no route")) }
        guard let node = engine.containers[index].node, node.awakeAt <= now, !node.isTerminating else {
            return .unknown(UnknownReason(.unreachable, "connection refused"))
        }
        // a frozen or hung process still has its sockets: the kernel accepts, and no answer comes
        guard engine.containers[index].state.isRunning, node.answers(at: now) else {
            return .unknown(UnknownReason(.timedOut, "no answer"))
        }
        let words = member(index)
        let role: PostgresRole =
            switch words.role {
            case "primary": .primary
            case "replica", "demoted": .replica
            default: .uninitialized
            }
        var view = MemberView(state: Universe.state(words.state), role: role)
        let directory = directory(of: index)
        view.isPaused = node.isPaused
        view.systemIdentifier = directory?.systemIdentifier
        guard node.server == .primary || node.server == .replica else { return .present(view) }
        view.timeline = directory?.timeline
        view.walPosition = directory?.lsn
        view.serverVersion = 180_006
        view.startedAt = node.startedAt
        view.needsRestart = !node.pendingParameters.isEmpty
        view.pending = node.pendingParameters
        if node.server == .replica, let upstream = node.upstream, let source = self.index(of: upstream),
            engine.containers[source].node?.server == .primary
        {
            view.isStreaming = isStreaming(index, from: source)
        }
        return .present(view)
    }

    private static func state(_ words: String) -> PostgresState {
        switch words {
        case "running": .running
        case "starting", "restarting": .starting
        case "stopped", "stopping": .stopped
        case "initializing new cluster": .initializing
        case "creating replica": .cloning
        case "start failed": .failed
        default: .other(words)
        }
    }

    /// The primary's database over SQL.
    package func lookAtDatabase(_ cluster: Cluster, members: [MemberSighting]) -> Sighting<DatabaseView> {
        guard case .present(let dcs) = lookAtKeys(), let leader = dcs.leader?.node,
            case .present(let member) = members.first(where: { $0.node == leader })?.view, member.state == .running,
            member.role == .primary
        else { return .absent }
        guard let index = index(of: leader), isReachable(index), let node = engine.containers[index].node,
            node.server == .primary || node.server == .replica, let directory = directory(of: index)
        else { return .unknown(UnknownReason(.unreachable, "\(leader) does not answer")) }
        var view = DatabaseView(
            node: leader, isInRecovery: node.server == .replica, systemIdentifier: directory.systemIdentifier,
            timeline: directory.timeline)
        view.standbys = standbys(of: index).map { name in
            var isSynchronous = false
            switch directory.commitsAwait {
            case .noStandby: break
            case .anybody: isSynchronous = true
            case .first(let count, let names): isSynchronous = names.prefix(count).contains(name)
            case .any(_, let names): isSynchronous = names.contains(name)
            }
            let own = self.index(of: name).flatMap { self.directory(of: $0)?.lsn } ?? 0
            return StandbyView(
                node: name, state: "streaming", isSynchronous: isSynchronous, lagBytes: directory.lsn - own)
        }
        view.checkpointedAt = node.checkpointedAt.map {
            Timestamp(seconds: (wallOffsetMilliseconds + $0.milliseconds) / 1000)
        }
        if client.isBusy(at: now), let open = client.open { view.oldestTransaction = max(.zero, now - open.since) }
        let catalog = directory.catalog
        view.hasDatabase = catalog.databases.contains(cluster.accounts.database)
        view.application.extensions = cluster.schema.extensions.map { wanted in
            let known = catalog.extensions.first { $0.name == wanted.name }
            // what was copied from a real cluster has the version that its image brings
            return ExtensionView(
                name: wanted.name, installed: known?.installed, available: known?.available ?? "1.0")
        }.sorted { $0.name < $1.name }
        view.application.migrations = catalog.migrations.map { .present($0) } ?? .absent
        if let migration = node.migration {
            view.application.migrationTry = .running(
                name: migration.file.name,
                since: Timestamp(seconds: (wallOffsetMilliseconds + migration.since.milliseconds) / 1000))
        }
        view.application.missingGrants = catalog.isGranted ? [] : ["CREATE on schema public"]
        view.roles = catalog.roles.map { role in
            var role = role
            role.holds = catalog.contents.filter { $0.owner == role.name }.map { "database \($0.name)" }
            return role
        }
        if isClosed(cluster.accounts.database, catalog) {
            view.application = ApplicationDatabaseView()
            view.application.migrations = .unknown(UnknownReason(.forbidden, "permission denied for database"))
        }
        view.databases = catalog.contents.filter { seen in cluster.databases.contains { $0.name == seen.name } }
        for place in view.databases.indices {
            let wanted = cluster.databases.first { $0.name == view.databases[place].name }?.extensions ?? []
            let known = view.databases[place].extensions.value ?? []
            view.databases[place].extensions =
                wanted.isEmpty
                ? .absent
                : isClosed(view.databases[place].name, catalog)
                    ? .unknown(UnknownReason(.forbidden, "permission denied for database"))
                    : .present(
                        wanted.map { wanted in
                            known.first { $0.name == wanted.name }
                                ?? ExtensionView(name: wanted.name, installed: nil, available: "1.0")
                        }.sorted { $0.name < $1.name })
        }
        view.pendingParameters = node.pendingParameters.map(\.name)
        view.limits = directory.limits
        view.hasPoolerLogin = catalog.hasPoolerLogin
        view.hasMonitorFunction = catalog.hasMonitorFunction
        view.refusedConnections = cluster.ownConnections.filter { need in
            catalog.closed.contains(need.database) && catalog.roles.contains { $0.name == need.role }
                && need.role == MonitorSettings.role
        }
        view.locale = directory.locale
        view.archiver.isFailing = repository(of: index) == nil
        if repository(of: index) != nil { view.archiver.lastArchived = directory.segment }
        return .present(view)
    }

    /// Whether the monitor cannot look into a database. Into `postgres` the superuser looks instead.
    private func isClosed(_ name: DatabaseName, _ catalog: Catalog) -> Bool {
        guard name != "postgres" else { return false }
        return catalog.closed.contains(name)
            || !catalog.roles.contains { $0.name == MonitorSettings.role && $0.attributes.contains("LOGIN") }
    }
}
