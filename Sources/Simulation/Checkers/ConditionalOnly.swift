internal import Model

/// I5: of Patroni's keys the controller only ever restores what a lost store forgot, and releases a dead leader's.
struct ConditionalOnly: Checker {
    let invariant = "I5 conditional only"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .etcd(let effect) = performed.effect, performed.isDone else { return nil }
        let prefix = performed.cluster.dcsPrefix
        switch effect {
        case .putIfAbsent(let key, _):
            guard key.hasPrefix(prefix) else { return nil }
            return key == prefix + "initialize" || key == prefix + "config"
                ? nil : "the controller wrote Patroni's key \(key)"
        case .deleteKey(let key, _):
            guard key.hasPrefix(prefix) else { return nil }
            // an initialisation that was cut off leaves an empty mark behind
            return key == prefix + "initialize" && performed.before.store?.key(key)?.value == .text("")
                ? nil : "the controller deleted Patroni's key \(key)"
        case .releaseLeader(_, let key, let candidate):
            // whom the key names leads without being compared
            if let candidate, case .synchronous(let sync)? = performed.before.store?.key(prefix + "sync")?.value,
                !sync.standbys.contains(candidate)
            {
                return "\(candidate) was named though commits did not wait for it"
            }
            return performed.before.store?.key(prefix + "leader")?.value == .text(key.node.text)
                ? nil : "another leader's key was released"
        case .replaceKey(let key, _, _):
            return key.hasPrefix(prefix) ? "the controller wrote Patroni's key \(key)" : nil
        case .addLearner, .promote, .movePeer, .setRole, .setUser, .removeUser, .enableAuthentication, .removeMember,
            .compact, .defragment, .disarm, .refound:
            return nil
        }
    }
}
