import HTTPTransport
import Model
import PatroniAPI

/// Asks every node's Patroni at once; a slow one is unknown, never waited for.
struct MemberObserver {
    let world: LiveWorld
    let cluster: Cluster
    let addresses: Addresses
    /// How long an answer may take.
    let deadline: Duration

    func observe() async -> [MemberSighting] {
        return await withTaskGroup(of: MemberSighting.self) { group in
            for (node, container, isRunning, host, features) in addresses.nodes {
                group.addTask {
                    guard isRunning else { return MemberSighting(node: node, view: .absent) }
                    guard let host else {
                        return MemberSighting(node: node, view: .unknown(UnknownReason(.unreachable, "no address")))
                    }
                    if await world.engineCache.isShuttingDown(container) {
                        return MemberSighting(node: node, view: .unknown(UnknownReason(.unreachable, "it shuts down")))
                    }
                    let clients = await world.patroniClients(of: node, at: host, features)
                    return MemberSighting(node: node, view: await ask(node, clients, container))
                }
            }
            var sightings: [MemberSighting] = []
            for await sighting in group { sightings.append(sighting) }
            return sightings.sorted { $0.node < $1.node }
        }
    }

    /// The answer, or unknown as soon as the container ends: a dead one's address swallows packets, and the failover
    /// must not wait for a time-out.
    private func ask(
        _ node: NodeName, _ clients: [PatroniClient], _ container: ContainerID
    ) async -> Sighting<MemberView> {
        await withTaskGroup(of: Sighting<MemberView>.self) { group in
            group.addTask { await ask(node, clients) }
            group.addTask {
                await world.engineCache.exit(of: container)
                return .unknown(UnknownReason(.unreachable, "its container has just ended"))
            }
            let first = await group.next() ?? .unknown(.notLooked)
            group.cancelAll()
            return first
        }
    }

    /// One answer. A Patroni that reads its file again is asked until its port is open again, within the same deadline.
    private func ask(_ node: NodeName, _ clients: [PatroniClient]) async -> Sighting<MemberView> {
        let end = ContinuousClock.now + deadline
        while true {
            do throws(PatroniError) {
                let left = max(end - .now, .milliseconds(1))
                let (_, status) = try await LiveWorld.firstAnswer(of: clients, deadline: left)
                return .present(MemberObserver.view(status))
            } catch {
                let unknown = UnknownReason(error.code == .timedOut ? .timedOut : .unreachable, error.description)
                guard await world.engineCache.isReloading(node), end - .now > .milliseconds(50),
                    (try? await Task.sleep(for: .milliseconds(50))) != nil
                else { return .unknown(unknown) }
            }
        }
    }

    static func view(_ status: PatroniStatus) -> MemberView {
        let state: PostgresState =
            switch status.state {
            case "running": .running
            case "starting", "restarting": .starting
            case "stopped", "stopping", "crashed": .stopped
            case "initializing new cluster", "running custom bootstrap script": .initializing
            case "creating replica": .cloning
            case "start failed", "restart failed", "stop failed", "initdb failed", "custom bootstrap failed": .failed
            case let words: .other(words)
            }
        let role: PostgresRole =
            switch status.role {
            case "primary", "master": .primary
            case "replica", "standby_leader", "sync_standby", "quorum_standby", "demoted": .replica
            case _: .uninitialized
            }
        var view = MemberView(state: state, role: role)
        view.timeline = status.timeline
        // as Patroni judges a replica: what it restored from the archive was never received
        view.walPosition =
            status.wal?.location ?? [status.wal?.received, status.wal?.replayed].compactMap { $0 }.max()
        view.isStreaming = status.replicationState == "streaming"
        view.needsRestart = status.isRestartPending
        view.pending = status.pendingParameters.map {
            PendingParameter($0.name, current: $0.oldValue, wanted: $0.newValue)
        }
        view.isPaused = status.isPaused
        view.systemIdentifier = status.systemIdentifier
        view.serverVersion = status.serverVersion
        view.startedAt = status.postmasterStartTime.flatMap { Timestamp($0) }
        return view
    }
}
