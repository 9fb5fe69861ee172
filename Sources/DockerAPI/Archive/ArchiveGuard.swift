import HTTPTransport

/// The one place that every archive request passes (`DockerEngine.once` and `open`).
///
/// For an archive request the engine mounts the container's volumes below its root file system. Engine 20.10 does that
/// where the host sees it: a removal of the same container deletes that root file system, and with it what is in the
/// volumes (since moby PR 44210 the mounts are in a mount namespace of their own). So no archive request goes to a
/// container that is being removed, nor to one that has a volume and was ever started: that one may be removed by
/// anybody at any time. One way for all engines is simpler, and safer, than one way for each version.
extension DockerEngine {
    /// The same call, addressed by ID, after a look at its container right before it; every other call as it is.
    /// - Throws: `.volumeAtRisk`, and the request is not sent; when there is no such container, `.conflict` for a read and
    ///   `.notFound` for a write.
    func permitted(_ call: DockerCall) async throws(DockerError) -> DockerCall {
        guard call.isArchive else { return call }
        let container: DockerContainer
        do throws(DockerError) {
            container = try await self.container(call.path[1], deadline: min(call.deadline, .seconds(2)))
        } catch  where error.code == .notFound && call.method != .put {
            // "not found" would say that the path is not there, and be taken for an empty volume
            throw call.error(.conflict, "there is no such container any more; look again", status: error.status)
        }
        if let danger = container.archiveDanger { throw call.error(.volumeAtRisk, danger) }
        // another container may have the name now
        var permitted = call
        permitted.path[1] = container.id
        return permitted
    }
}

extension DockerContainer {
    /// Why an archive request could empty a volume of this container; nil when none can.
    public var archiveDanger: String? {
        if state.status == .removing || state.status == .dead || state.isDead {
            return "it is being removed, and reading or writing its files now could empty its volumes; look again"
        }
        guard hasVolume, !wasNeverStarted else { return nil }
        return "it has a volume and was started, so that a removal at this moment could empty the volume; "
            + "run a command in it while it runs, export its own files, or read the volume through a container that "
            + "has it read-only"
    }

    /// Whether something that outlives it is mounted in it.
    public var hasVolume: Bool { mounts.contains { $0.type != "tmpfs" } }

    /// Whether no process of it has ever run.
    public var wasNeverStarted: Bool { state.status == .created && state.startedAt == nil }
}

extension DockerCall {
    /// Whether it is `/containers/{id}/archive`.
    var isArchive: Bool { path.count == 3 && path[0] == "containers" && path[2] == "archive" }
}
