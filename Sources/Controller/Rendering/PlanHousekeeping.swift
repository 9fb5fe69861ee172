import Model

extension Action {
    /// Whether it is a step on the way that a reader of a plan can pass over: it interrupts nothing, and what it is for is told
    /// by another step or by the list of changes.
    /// - Parameter tasks: the containers that do one job and end (trial, backup, drill, …): they are made and removed freely.
    func isHousekeeping(tasks: [ContainerName]) -> Bool {
        if effect.isNudge { return true }
        if case .container(_, let name) = subject, tasks.contains(name) { return true }
        switch effect {
        case .docker(_, let effect):
            switch effect {
            case .upload, .connect, .rename: return true
            case .start: return reason == .readyToStart
            case .createNetwork, .removeNetwork, .disconnect, .createVolume, .removeVolume, .createContainer, .stop,
                .kill,
                .shutdownPrimary, .unpause, .remove, .update, .pull, .run:
                return false
            }
        case .etcd(let effect):
            switch effect {
            case .putIfAbsent, .replaceKey, .deleteKey, .compact, .setRole, .setUser, .removeUser, .movePeer:
                return true
            case .releaseLeader, .addLearner, .promote, .removeMember, .enableAuthentication, .defragment, .disarm,
                .refound:
                return false
            }
        case .patroni(_, let effect):
            switch effect {
            case .wake, .reload: return true
            case .patchConfiguration, .restart, .switchover: return false
            }
        case .sql(_, let effect):
            switch effect {
            case .checkpoint, .advanceWAL: return true
            case .script, .migrate, .setPassword, .dropDatabase, .dropRole: return false
            }
        case .pooler, .configureLocally, .identity: return true
        }
    }
}
