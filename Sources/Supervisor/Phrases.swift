public import Model

extension Effect {
    /// What it does, as a short phrase for plans and events; no IDs where a name says it better.
    public var phrase: String {
        switch self {
        case .docker(_, let effect): effect.phrase
        case .etcd(let effect): effect.phrase
        case .patroni(let node, let effect): effect.phrase(node)
        case .sql(let node, let effect):
            switch effect {
            case .script(let database, _): "run SQL in \(database) on \(node)"
            case .migrate(let database, let migration, _): "apply migration \(migration.name) in \(database) on \(node)"
            case .setPassword(let role, _): "set the password of \(role) on \(node)"
            case .dropDatabase(let name): "drop database \(name) on \(node)"
            case .dropRole(let name): "drop role \(name) on \(node)"
            case .checkpoint: "begin a checkpoint on \(node)"
            case .advanceWAL: "write a WAL record on \(node)"
            }
        case .pooler(let name, let effect): effect.phrase(name)
        case .identity(.issue(let principal)): "sign a new certificate of \(principal.text)"
        case .identity(.addAuthority): "make the next authority"
        case .identity(.adoptAuthority): "let the next authority sign"
        case .identity(.dropAuthority): "stop trusting the previous authority"
        case .configureLocally: "record what the nodes' own files hold"
        }
    }
}

extension DockerEffect {
    fileprivate var phrase: String {
        switch self {
        case .createNetwork(let spec): "create network \(spec.name)"
        case .removeNetwork(let id): "remove network \(id.text.prefix(12))"
        case .connect(_, _, let aliases): "connect \(aliases.first?.text ?? "it")"
        case .disconnect(_, let id): "disconnect \(id.short)"
        case .createVolume(let spec): "create volume \(spec.name)"
        case .removeVolume(let name): "remove volume \(name)"
        case .createContainer(let spec): "create container \(spec.name) from \(spec.image)"
        case .upload(_, let files): "write \(files.map(\.path).joined(separator: ", "))"
        case .start(let id): "start \(id.short)"
        case .stop(let id): "stop \(id.short)"
        case .kill(let id): "kill \(id.short)"
        case .shutdownPrimary(let id): "shut down the primary in container \(id.short)"
        case .unpause(let id): "unpause \(id.short)"
        case .remove(let id): "remove container \(id.short), its volumes stay"
        case .rename(_, let name): "rename to \(name)"
        case .update: "change limits in place"
        case .pull(let image): "pull \(image)"
        case .run(_, let arguments): "run \(arguments.joined(separator: " "))"
        }
    }
}

extension EtcdEffect {
    fileprivate var phrase: String {
        switch self {
        case .releaseLeader(_, let key, let candidate):
            "release the leader key of \(key.node)" + (candidate.map { " for \($0)" } ?? "")
        case .addLearner(let url): "add learner \(url)"
        case .promote(let id): "promote learner \(String(id, radix: 16))"
        case .movePeer(let id, let url): "have the peers reach \(String(id, radix: 16)) at \(url)"
        case .removeMember(let id): "remove member \(String(id, radix: 16))"
        case .setRole(let role): "grant role \(role.name) what it may do"
        case .setUser(let name, _, let role): "give user \(name) its password and role \(role)"
        case .removeUser(let name): "remove user \(name)"
        case .enableAuthentication: "switch authentication on"
        case .compact(let revision): "compact up to revision \(revision)"
        case .defragment(let name): "defragment \(name)"
        case .disarm(let alarm): "disarm \(alarm.kind.rawValue)"
        case .putIfAbsent(let key, _): "write \(key) unless it exists"
        case .replaceKey(let key, _, _): "write \(key)"
        case .refound(_, let identifier, _, _, _): "turn Patroni to the restored data of \(identifier)"
        case .deleteKey(let key, _): "delete \(key)"
        }
    }
}

extension PatroniEffect {
    fileprivate func phrase(_ node: NodeName) -> String {
        switch self {
        case .wake: "wake \(node)"
        case .patchConfiguration: "patch the dynamic configuration"
        case .reload: "reload \(node)"
        case .restart: "restart PostgreSQL on \(node)"
        case .switchover(let from, let to): "switch over from \(from) \(Handover(to: to).words)"
        }
    }
}

extension PoolerEffect {
    fileprivate func phrase(_ name: ContainerName) -> String {
        switch self {
        case .reload: "reload \(name)"
        case .pause: "pause \(name)"
        case .resume: "resume \(name)"
        }
    }
}
