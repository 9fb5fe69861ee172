import DockerAPI
import FoundationEssentials
import Model

extension LiveWorld {
    /// Lets `look` read a container's volumes through the archive endpoint: on the container itself while it was never
    /// started, else on a reader, because such a request to a container that anybody may remove could empty its volumes
    /// (`ArchiveGuard.swift`). A reader is a container of the same image that is never started and has the same volumes
    /// read-only, for one look.
    func lookingInto<Value: Sendable>(
        _ view: ContainerView, _ look: (ContainerID) async throws(DockerError) -> Value
    ) async throws(DockerError) -> Value {
        if view.wasNeverStarted || view.settings.mounts.isEmpty { return try await look(view.id) }
        let reader = try await makeReader(for: view)
        let result: Result<Value, DockerError>
        do throws(DockerError) {
            result = .success(try await look(reader))
        } catch {
            result = .failure(error)
        }
        // also when the look has been cancelled
        let docker = docker
        await Task { try? await docker.removeContainer(reader.text) }.value
        return try result.get()
    }

    /// Removes a reader that was left behind by a controller that was killed.
    func forget(reader summary: DockerContainerSummary) async -> ContainerView? {
        let age = WallClock.milliseconds() / 1000 - summary.createdSeconds
        if age > 60 { try? await docker.removeContainer(summary.id, force: true) }
        return nil
    }

    private func makeReader(for view: ContainerView) async throws(DockerError) -> ContainerID {
        let cluster = view.labels.value(of: Label.cluster) ?? ""
        var host = DockerHostConfiguration()
        host.networkMode = "none"
        var mounts: [DockerMountConfiguration] = []
        for mount in view.settings.mounts {
            // one that vanished a moment ago would be made anew by this request; with its own labels it is still ours
            let volume = try await docker.volume(mount.volume.text)
            mounts.append(
                DockerMountConfiguration(
                    source: mount.volume.text, target: mount.destination, isReadOnly: true,
                    volumeLabels: volume.labels, staysEmpty: true))
        }
        host.mounts = mounts
        let name = "\(cluster)-reader-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        func make(_ image: String) async throws(DockerError) -> ContainerID {
            let configuration = DockerContainerConfiguration(
                image: image, labels: [Label.cluster: cluster, Label.component: Component.reader.rawValue])
            return ContainerID(try await docker.createContainer(name: name, configuration, host: host))
        }
        do throws(DockerError) {
            return try await make(view.imageID)
        } catch  where error.code == .noSuchImage {
            // somebody has removed it by force; another of that name will do, because nothing of it is used
            return try await make(view.image.text)
        }
    }
}

extension ContainerView {
    /// What tells what was seen in a container at rest from what is in it after its next life.
    var occasion: String { if case .exited(let exit) = state { exit.finishedAt } else { "created" } }
}
