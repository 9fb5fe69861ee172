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
        let credentials = PatroniCredentials(
            user: "controller", password: (try? await world.secrets.value("patroni-rest")) ?? "")
        return await withTaskGroup(of: MemberSighting.self) { group in
            for (node, container, isRunning, host) in addresses.nodes {
                group.addTask {
                    guard isRunning else { return MemberSighting(node: node, view: .absent) }
                    guard let host else {
                        return MemberSighting(node: node, view: .unknown(UnknownReason(.unreachable, "no address")))
                    }
                    if await world.engineCache.isShuttingDown(container) {
                        return MemberSighting(node: node, view: .unknown(UnknownReason(.unreachable, "it shuts down")))
                    }
                    let client = await world.connections.patroni(at: host) { host in
                        PatroniClient(endpoint: .tcp(host: host, port: 8008), credentials: credentials)
                    }
                    let engine = world.engineCache
                    return MemberSighting(node: node, view: await ask(client, container, engine))
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
        _ client: PatroniClient, _ container: ContainerID, _ engine: EngineCache
    ) async -> Sighting<MemberView> {
        await withTaskGroup(of: Sighting<MemberView>.self) { group in
            group.addTask { await ask(client) }
            group.addTask {
                await engine.exit(of: container)
                return .unknown(UnknownReason(.unreachable, "its container has just ended"))
            }
            let first = await group.next() ?? .unknown(.notLooked)
            group.cancelAll()
            return first
        }
    }

    private func ask(_ client: PatroniClient) async -> Sighting<MemberView> {
        do throws(PatroniError) {
            return .present(MemberObserver.view(try await client.status(deadline: deadline)))
        } catch {
            return .unknown(UnknownReason(error.code == .timedOut ? .timedOut : .unreachable, error.description))
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
        return view
    }
}
