import HTTPTransport
import Model
import PatroniAPI

/// Asks every node's Patroni at once; a slow one is unknown, never waited for.
struct MemberObserver {
    let world: LiveWorld
    let cluster: Cluster
    let addresses: Addresses

    func observe() async -> [MemberSighting] {
        let credentials = PatroniCredentials(
            user: "controller", password: (try? await world.secrets.value("patroni-rest")) ?? "")
        return await withTaskGroup(of: MemberSighting.self) { group in
            for (node, isRunning, host) in addresses.nodes {
                group.addTask {
                    guard isRunning else { return MemberSighting(node: node, view: .absent) }
                    guard let host else {
                        return MemberSighting(node: node, view: .unknown(Blindness(.unreachable, "no address")))
                    }
                    let client = await world.sight.patroni(at: host) { host in
                        PatroniClient(endpoint: .tcp(host: host, port: 8008), credentials: credentials)
                    }
                    return MemberSighting(node: node, view: await MemberObserver.ask(client))
                }
            }
            var sightings: [MemberSighting] = []
            for await sighting in group { sightings.append(sighting) }
            return sightings.sorted { $0.node < $1.node }
        }
    }

    private static func ask(_ client: PatroniClient) async -> Sighting<MemberView> {
        do throws(PatroniError) {
            return .present(view(try await client.status(deadline: .seconds(1))))
        } catch {
            return .unknown(Blindness(.unreachable, error.description))
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
        view.walPosition = status.wal?.location ?? status.wal?.received ?? status.wal?.replayed
        view.isStreaming = status.replicationState == "streaming"
        view.needsRestart = status.isRestartPending
        view.isPaused = status.isPaused
        view.systemIdentifier = status.systemIdentifier
        view.serverVersion = status.serverVersion
        return view
    }
}
