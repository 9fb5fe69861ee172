internal import Model

/// The order in which things happen by themselves.
extension Universe {
    /// When the next thing happens by itself.
    package var nextDue: Duration {
        var due = client.nextWrite
        func consider(_ time: Duration?) {
            if let time, time < due { due = time }
        }
        consider(store?.electionAt)
        if let known = store, known.isAvailable { for lease in known.leases { consider(lease.expiresAt) } }
        for pull in engine.pulls { consider(pull.until) }
        for container in engine.containers {
            consider(container.stop?.until)
            consider(container.restart?.at)
            if let etcd = container.etcd, etcd.readyAt > now { consider(etcd.readyAt) }
            for command in container.commands where command.exitCode == nil { consider(command.until) }
            consider(container.pooler?.resumesAt)
            guard let node = container.node, container.state.isRunning else { continue }
            if let migration = node.migration, node.server == .primary { consider(migration.until) }
            if node.job != nil { consider(node.jobEnds) }
            if !node.isHung { consider(node.nextLoop) }
            if node.pendingStandbys != nil { consider(node.standbysAt) }
        }
        return max(due, now)
    }

    /// Lets everything happen that is due.
    package mutating func fire() {
        electStoreLeader()
        expireLeases()
        engine.pulls.removeAll { pull in
            guard pull.until <= now else { return false }
            if !engine.images.contains(pull.image) { engine.images.append(pull.image) }
            isStirred = true
            return true
        }
        for index in engine.containers.indices { fire(index) }
        if client.nextWrite <= now { write() }
    }

    private mutating func fire(_ index: Int) {
        if let stop = engine.containers[index].stop, stop.until <= now {
            engine.containers[index].stop = nil
            if stop.exitCode == 0, engine.containers[index].node?.isShuttingDown == false { shutDown(index) }
            die(index, exitCode: stop.exitCode)
        }
        if let restart = engine.containers[index].restart, restart.at <= now {
            engine.containers[index].restartCount += 1
            launch(index)
        }
        if engine.containers[index].commands.contains(where: { $0.exitCode == nil && $0.until <= now }) {
            finishCommands(index)
        }
        if let due = engine.containers[index].pooler?.resumesAt, due <= now, engine.containers[index].state.isRunning {
            engine.containers[index].pooler?.pausedAt = nil
            let name = engine.containers[index].name
            note("\(name) resumes by itself")
        }
        if let etcd = engine.containers[index].etcd, etcd.readyAt == now { settleStore() }
        guard let node = engine.containers[index].node, engine.containers[index].state.isRunning else { return }
        fireMigration(index)
        if node.job != nil, node.jobEnds <= now { finishJob(index) }
        if node.pendingStandbys != nil, node.standbysAt <= now { confirmStandbys(index) }
        if let node = engine.containers[index].node, !node.isHung, node.nextLoop <= now {
            runLoop(index)
            comparePending(index)
        }
    }
}
