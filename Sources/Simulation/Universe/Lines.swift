package import Model

extension Effect {
    /// The effect in one short line, for traces; without reflection, because it is written often.
    package var line: String {
        switch self {
        case .docker(_, let effect): effect.line
        case .etcd(let effect): effect.line
        case .patroni(let node, let effect): "\(effect.line) \(node)"
        case .sql(let node, .script(_, let text)): "sql \(node) \(text.prefix(60).filter { $0 != "\n" })"
        case .sql(let node, .migrate(_, let migration, _)): "sql \(node) migrate \(migration.name)"
        case .sql(let node, .setPassword(let role, _)): "sql \(node) password of \(role)"
        case .sql(let node, .dropDatabase(let name)): "sql \(node) drop database \(name)"
        case .sql(let node, .dropRole(let name)): "sql \(node) drop role \(name)"
        case .sql(let node, .checkpoint): "sql \(node) checkpoint"
        case .sql(let node, .advanceWAL): "sql \(node) advanceWAL"
        case .pooler(let name, let effect): "\(effect) \(name)"
        case .identity(let effect): "\(effect)"
        case .configureLocally(let local):
            "record local configuration \(local.parameters.map(\.value)) \(local.poolers)"
        }
    }
}

extension DockerEffect {
    var line: String {
        switch self {
        case .createNetwork(let spec): "createNetwork \(spec.name)"
        case .removeNetwork(let id): "removeNetwork \(id)"
        case .connect(let network, let id, let aliases):
            "connect \(network) \(id) \(aliases.map(\.text).joined(separator: " "))"
        case .disconnect(let network, let id): "disconnect \(network) \(id)"
        case .createVolume(let spec): "createVolume \(spec.name)"
        case .removeVolume(let name): "removeVolume \(name)"
        case .createContainer(let spec): "createContainer \(spec.name)"
        case .upload(let id, let files): "upload \(id) \(files.count)"
        case .start(let id): "start \(id)"
        case .stop(let id): "stop \(id)"
        case .kill(let id): "kill \(id)"
        case .shutdownPrimary(let id): "shutdownPrimary \(id)"
        case .unpause(let id): "unpause \(id)"
        case .remove(let id): "remove \(id)"
        case .rename(let id, let name): "rename \(id) \(name)"
        case .update(let id, _): "update \(id)"
        case .pull(let image): "pull \(image)"
        case .run(let id, let arguments): "run \(id) \(arguments.joined(separator: " "))"
        }
    }
}

extension EtcdEffect {
    var line: String {
        switch self {
        case .releaseLeader(_, let key, let candidate):
            "releaseLeader \(key.node) lease \(key.lease)" + (candidate.map { " for \($0)" } ?? "")
        case .addLearner(let url): "addLearner \(url)"
        case .promote(let id): "promote \(id)"
        case .movePeer(let id, let url): "movePeer \(id) \(url)"
        case .setRole(let role): "setRole \(role.name)"
        case .setUser(let name, _, let role): "setUser \(name) \(role)"
        case .removeUser(let name): "removeUser \(name)"
        case .enableAuthentication: "enableAuthentication"
        case .removeMember(let id): "removeMember \(id)"
        case .compact(let revision): "compact \(revision)"
        case .defragment(let name): "defragment \(name)"
        case .disarm: "disarm"
        case .putIfAbsent(let key, _): "putIfAbsent \(key)"
        case .replaceKey(let key, _, _): "replaceKey \(key)"
        case .refound(_, let identifier, _, _, _): "refound \(identifier)"
        case .deleteKey(let key, _): "deleteKey \(key)"
        }
    }
}

extension PatroniEffect {
    var line: String {
        switch self {
        case .wake: "wake"
        case .patchConfiguration(let patch): "patch \(patch.text.prefix(80))"
        case .reload: "reload"
        case .restart: "restart"
        case .switchover(let from, let to): "switchover \(from) → \(to?.text ?? "whom they elect")"
        }
    }
}

extension Outcome {
    /// The outcome in one short line.
    package var line: String {
        switch self {
        case .done(let detail): "done \(detail)"
        case .refused(let refusal): "refused \(refusal.message)"
        case .uncertain(let why): "uncertain \(why)"
        }
    }
}

extension Fault {
    /// The fault in one short line, as Swift would write it.
    package var line: String { String(describing: self) }
}
