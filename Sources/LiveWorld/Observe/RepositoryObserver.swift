import DockerAPI
import Model

/// Reads pgBackRest's info files out of the repository's volume, whether a node runs or not; kept until something can
/// have changed. What is no plain folder is asked of pgBackRest.
struct RepositoryObserver {
    let world: LiveWorld
    let cluster: Cluster
    let engine: EngineView
    let scope: ObservationScope

    func observe() async -> Sighting<RepositoryView> {
        guard cluster.backups.enabled else { return .absent }
        if scope.isNarrow { return .unknown(.notLooked) }
        if scope == .handOver { return await world.repositoryCache.latest ?? .unknown(.notLooked) }
        if scope == .everything, let known = await world.repositoryCache.known { return known }
        let ticket = await world.repositoryCache.ticket
        let seen =
            cluster.backups.isPlain
            ? await look() : await RepositoryInquiry(world: world, cluster: cluster, engine: engine).answer()
        // the end of each command in a node is an event that makes this look again; a repository without backups may also be
        // filled from elsewhere
        let isSettled = if case .present(let view) = seen { !view.backups.isEmpty } else { false }
        let duration: Duration? = isSettled ? nil : seen.isUnknown ? .zero : .seconds(5)
        await world.repositoryCache.keep(seen, for: duration, ticket: ticket)
        return seen
    }

    private func look() async -> Sighting<RepositoryView> {
        let mounts = engine.containers.filter { container in
            container.labels.value(of: Label.cluster) == cluster.name.text
                && container.settings.mounts.contains { $0.volume == cluster.backups.volume }
        }
        guard let container = mounts.first(where: \.wasNeverStarted) ?? mounts.first else {
            // without a container there is no look; without the volume there is nothing to see
            let exists = engine.volume(cluster.backups.volume) != nil
            return exists ? .unknown(UnknownReason(.unreachable, "no container mounts the repository yet")) : .absent
        }
        let path = "/var/lib/pgbackrest/" + RepositoryFiles.backupInfo(stanza: cluster.backups.stanza)
        do throws(DockerError) {
            let bytes = try await world.lookingInto(container) { id throws(DockerError) in
                try await world.docker.file(path, in: id)
            }
            guard let bytes else { return .present(RepositoryView(stanza: .missing)) }
            return .present(RepositoryFiles.parse(backupInfo: String(decoding: bytes, as: UTF8.self)))
        } catch {
            return .unknown(error.unknownReason)
        }
    }
}
