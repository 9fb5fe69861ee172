import ArgumentParser
import LiveWorld
import Model

/// What a shell offers for names: what the engine has of the cluster now.
extension CompletionKind {
    static var node: CompletionKind { .custom { _, _, _ in await names(only: .node) } }
    static var container: CompletionKind { .custom { _, _, _ in await names(only: nil) } }

    /// Of the cluster of the manifest at its usual place, else of all that have a supervisor; none where the engine
    /// cannot be asked, because a shell has no place for a message.
    private static func names(only part: Component?) async -> [String] {
        guard
            let world = try? await LiveWorld.connect(
                Cluster(name: ""), secrets: SecretStore(directory: "/nonexistent"),
                docker: Defaults.environment("DOCKER_HOST"))
        else { return [] }
        var clusters = ManifestName(path: Defaults.manifest).name.map { [$0] } ?? []
        if clusters.isEmpty { clusters = ((try? await world.supervisors()) ?? []).map(\.cluster) }
        var names: [String] = []
        for cluster in clusters {
            names += ((try? await world.containerNames(of: cluster, only: part)) ?? []).map(\.text)
        }
        return names
    }
}
