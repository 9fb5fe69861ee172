package import Model

/// I16: once the faults stop, everything becomes as the manifest wants it.
extension Universe {
    /// Why the world is not yet as wanted, in words; nil when it is.
    package func pending(_ cluster: Cluster) -> String? {
        pendingIdentity(cluster) ?? pendingStore(cluster) ?? pendingNodes(cluster) ?? pendingDatabase(cluster)
            ?? pendingNetworks(cluster) ?? pendingDisk(cluster) ?? pendingRest(cluster)
    }

    /// Each part is on its networks, and on no other one of ours.
    private func pendingNetworks(_ cluster: Cluster) -> String? {
        let (own, clients) = (cluster.network.name, cluster.network.clientsName)
        for container in engine.containers where container.owner == scope.text && container.state.isRunning {
            let wanted: [NetworkName]
            switch container.component {
            case .etcd: wanted = [own]
            case .node, .pooler: wanted = [own, clients]
            case .console: wanted = [clients]
            case .network, .repository, .supervisor, .prometheus, .task, .reader, nil: continue
            }
            let ours = container.attachments.filter { endpoint in
                endpoint.networkName == own || endpoint.networkName == clients
            }
            if ours.map(\.networkName) != wanted || ours.contains(where: { engine.index(of: $0.network) == nil }) {
                return "\(container.name) is on \(ours.map(\.networkName.text))"
            }
            let name = NodeName(container.home).internalName
            if container.component == .node, !ours[0].aliases.contains(name) {
                return "\(container.name) has no \(name)"
            }
        }
        return nil
    }

    private func pendingIdentity(_ cluster: Cluster) -> String? {
        guard identity.authorities.count == 1, let current = identity.authority(.current), current.statesItsUse else {
            return "the authorities are \(identity.authorities.map(\.fingerprint))"
        }
        let late = identity.certificates.first {
            cluster.principals.contains($0.principal)
                && ($0.authority != current.fingerprint || $0.isDue(at: Timestamp(moment)))
        }
        if let late { return "the certificate of \(late.principal.text) is due" }
        let parties = engine.containers.filter {
            ($0.component == .node || $0.component == .pooler || $0.component == .etcd) && $0.state.isRunning
        }
        if let plain = parties.first(where: {
            $0.owner == scope.text && ($0.etcd?.transport.plain == true || $0.node?.usesTLS == false)
        }) {
            return "\(plain.name) speaks with etcd without TLS"
        }
        return parties.first { $0.owner == scope.text && $0.identity.signer != current.fingerprint }.map {
            "\($0.name) shows a certificate of another authority"
        }
    }

    private func pendingStore(_ cluster: Cluster) -> String? {
        guard let store, store.isAvailable else { return "etcd has no quorum" }
        for name in cluster.etcdNames {
            guard let member = store.members.first(where: { $0.name == name.text }) else {
                return "\(name) is no member of etcd"
            }
            if member.isLearner { return "\(name) is still a learner" }
            if !isServing(member.id) { return "\(name) does not serve" }
        }
        if let extra = store.members.first(where: { !cluster.etcdNames.contains(ContainerName($0.name)) }) {
            return "etcd still has the member \(extra.name)"
        }
        guard store.access.isEnabled,
            store.access.users.keys.sorted() == EtcdUsers.wanted(cluster).map(\.user).sorted()
        else {
            let (isOn, users) = (store.access.isEnabled, store.access.users.keys.sorted())
            return "authentication in etcd is \(isOn ? "on" : "off"), its users are \(users)"
        }
        return store.alarms.isEmpty ? nil : "etcd has an alarm"
    }

    private func pendingNodes(_ cluster: Cluster) -> String? {
        guard let leader = store?.key(prefix + "leader")?.value.text else { return "no leader" }
        guard let place = index(of: NodeName(leader)), engine.containers[place].node?.isWritable == true,
            isReachable(place)
        else { return "the leader \(leader) takes no writes" }
        guard cluster.nodeNames.contains(NodeName(leader)) else { return "the leader \(leader) is not wanted" }
        for name in cluster.nodeNames {
            guard let index = index(of: name) else { return "\(name) does not run" }
            guard let node = engine.containers[index].node, !node.isHung else { return "\(name) hangs" }
            if index != place, !isStreaming(index, from: place) {
                return "\(name) does not stream: \(node.server) \(node.job.map { "\($0)" } ?? "idle")"
            }
            if !node.pendingParameters.isEmpty {
                return "\(name) waits for a restart: \(node.pendingParameters)"
            }
            if engine.containers[index].image != cluster.nodes.image {
                return "\(name) runs \(engine.containers[index].image)"
            }
            if engine.containers[index].name.text != name.text { return "\(name) has another name" }
            if engine.containers[index].files.contains(where: \.isEdited) { return "\(name) has an edited file" }
            let tags = NodeTags.names.filter { shows($0, name) }
            if tags != cluster.tags(of: name).names { return "\(name) shows the tags \(tags)" }
        }
        let extra = engine.containers.first { container in
            container.component == .node && container.owner == scope.text
                && !cluster.nodeNames.contains(NodeName(container.home))
        }
        if let extra { return "\(extra.name) is still there" }
        return pendingStandbys(cluster, leader: NodeName(leader))
    }

    private func pendingStandbys(_ cluster: Cluster, leader: NodeName) -> String? {
        guard cluster.postgres.synchronous.mode != .off, cluster.nodes.count > 1 else { return nil }
        guard case .synchronous(let key)? = store?.key(prefix + "sync")?.value, key.leader == leader else {
            return "no sync key of \(leader)"
        }
        let wanted = min(cluster.postgres.synchronous.number, cluster.nodes.count - 1)
        return key.standbys.count < wanted ? "\(key.standbys.count) of \(wanted) synchronous standbys" : nil
    }

    private func pendingDatabase(_ cluster: Cluster) -> String? {
        guard let leader = store?.key(prefix + "leader")?.value.text, let place = index(of: NodeName(leader)),
            let directory = directory(of: place)
        else { return "no primary's data" }
        if let lost = client.acknowledged.first(where: { !directory.contains($0) }) {
            return "the primary lacks acknowledged commits up to \(lost.lsn)"
        }
        let catalog = directory.catalog
        for wanted in cluster.schema.extensions where !catalog.extensions.contains(where: { $0.name == wanted.name }) {
            return "extension \(wanted.name) is missing"
        }
        for wanted in cluster.schema.migrations
        where !(catalog.migrations ?? []).contains(where: { $0.name == wanted.name }) {
            return "migration \(wanted.name) is missing"
        }
        guard catalog.databases.contains(cluster.accounts.database) else { return "the database is missing" }
        // the console's role stays when the console goes, and is left alone then
        let spoiled = catalog.roles.first { role in
            Universe.accounts(cluster).contains(role.name)
                && (cluster.console.enabled || role.name != cluster.console.account.role)
                && (!role.passwordMatches && ![PoolerSettings.role, MonitorSettings.role].contains(role.name)
                    || !role.attributes.contains("LOGIN"))
        }
        if let spoiled { return "role \(spoiled.name) is not as wanted" }
        for name in [cluster.accounts.admin.role, MonitorSettings.role]
        where !catalog.roles.contains(where: { $0.name == name }) {
            return "role \(name) is missing"
        }
        // a database that the manifest no longer declares is no business of the controller's
        let isClosed = cluster.ownConnections.contains { catalog.closed.contains($0.database) }
        guard catalog.hasMonitorFunction, !isClosed else { return "the monitor cannot look" }
        return pendingRoles(cluster, catalog) ?? pendingDatabases(cluster, directory, at: place)
    }

    /// The roles that the cluster itself lives with.
    private static func accounts(_ cluster: Cluster) -> [RoleName] {
        let accounts = cluster.accounts
        return [
            "postgres", accounts.admin.role, accounts.replication.role, accounts.rewind.role,
            cluster.console.account.role, PoolerSettings.role, MonitorSettings.role,
        ]
    }

    private func pendingRoles(_ cluster: Cluster, _ catalog: Catalog) -> String? {
        for wanted in cluster.roles {
            let seen = catalog.roles.first { $0.name == wanted.name }
            switch wanted.ensure {
            case .absent:
                // as long as it owns something it has to stay
                let isFree = !catalog.contents.contains { $0.owner == wanted.name }
                if seen != nil, isFree { return "role \(wanted.name) is still there" }
            case .present:
                guard let seen else { return "role \(wanted.name) is missing" }
                if seen.attributes.contains("SUPERUSER") { return "role \(wanted.name) is a superuser" }
                if seen.attributes.contains("LOGIN") != wanted.login { return "role \(wanted.name) may log in or not" }
                if wanted.login, !seen.passwordMatches { return "role \(wanted.name) has another password" }
                if let group = wanted.memberOf?.first(where: { !seen.attributes.contains("IN \($0)") }) {
                    return "role \(wanted.name) is not in \(group)"
                }
            }
        }
        return nil
    }

    private func pendingDatabases(_ cluster: Cluster, _ directory: DataDirectory, at place: Int) -> String? {
        for wanted in cluster.databases {
            let seen = directory.catalog.contents.first { $0.name == wanted.name }
            switch wanted.ensure {
            case .absent:
                guard let seen, seen.sessions.isEmpty, isSaved(directory, at: place) else { continue }
                return "database \(wanted.name) is still there"
            case .present:
                guard let seen else { return "database \(wanted.name) is missing" }
                if let owner = wanted.owner, seen.owner != owner { return "\(seen.owner) owns \(wanted.name)" }
                for wanted in wanted.extensions
                where seen.extensions.value?.contains(where: { $0.name == wanted.name }) != true {
                    return "extension \(wanted.name) is missing in \(seen.name)"
                }
            }
        }
        return nil
    }

    /// Whether the repository that a node archives to holds a backup of this data on its own timeline.
    func isSaved(_ directory: DataDirectory, at place: Int) -> Bool {
        repository(of: place)?.stanzas.contains { stanza in
            stanza.systemIdentifier == directory.systemIdentifier
                && stanza.backups.contains { !$0.hasError && $0.firstSegment.prefix(8) == directory.segment.prefix(8) }
        } == true
    }

    private func pendingRest(_ cluster: Cluster) -> String? {
        if cluster.backups.enabled {
            guard case .present(let repository) = lookAtRepository(cluster), !repository.backups.isEmpty else {
                return "there is no backup"
            }
        }
        guard case .json(let configuration)? = store?.key(prefix + "config")?.value else { return "no configuration" }
        let nodes = engine.containers.filter { $0.owner == scope.text }.compactMap(\.node)
        for parameter in cluster.postgres.parameters {
            // in etcd, or in each node's own file
            let shared = configuration["postgresql"]?["parameters"]?[parameter.name]?.string
            let isSet = nodes.allSatisfy { ($0.localParameters[parameter.name]?.string ?? shared) == parameter.value }
            if !isSet { return "parameter \(parameter.name) is not set" }
        }
        let console = engine.containers.first { $0.component == .console && $0.owner == scope.text }
        if cluster.console.enabled {
            guard let console, console.state.isRunning, isConnected(console) else { return "no console" }
        } else if console != nil {
            return "the console is still there"
        }
        return pendingPoolers(cluster)
    }

    /// Every pooler runs, has read its files, lets its clients go on, and leads to whom it should.
    private func pendingPoolers(_ cluster: Cluster) -> String? {
        let leader = store?.key(prefix + "leader")?.value.text
        for wanted in cluster.poolers {
            guard let seen = engine.containers.first(where: { $0.home == wanted.name.text && $0.owner == scope.text }),
                seen.name == wanted.name, seen.state.isRunning, isConnected(seen), let process = seen.pooler
            else { return "\(wanted.name) does not run" }
            if seen.image != cluster.pooler.image { return "\(wanted.name) runs \(seen.image)" }
            if process.isPaused { return "\(wanted.name) pauses its clients" }
            let isRight =
                switch wanted.access {
                case .readWrite: process.hosts.map(\.text) == [leader]
                case .readOnly:
                    process.hosts.allSatisfy { index(of: $0).map { isReachable($0) } == true }
                        && (process.hosts.allSatisfy { !cluster.tags(of: $0).noloadbalance }
                            || process.hosts.count == 1)
                }
            if !isRight { return "\(wanted.name) leads to \(process.hosts.map(\.text).joined(separator: ","))" }
        }
        let extra = engine.containers.first { container in
            container.component == .pooler && container.owner == scope.text
                && !cluster.poolers.contains { $0.name.text == container.home }
        }
        return extra.map { "\($0.name) is still there" }
    }
}
