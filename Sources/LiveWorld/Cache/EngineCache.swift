import DockerAPI
import Model

/// What the engine said, and what it is not to be asked again at once.
actor EngineCache {
    private var deaths = Cache<ContainerID, String>(capacity: 256)
    private var shortages = Cache<ContainerID, String>(lifetime: .seconds(600))
    private var silent = Cache<ContainerID, Void>(lifetime: .seconds(5))
    private var shutdowns = Cache<ContainerID, Void>(lifetime: .seconds(5))
    private var reloads = Cache<NodeName, Void>(lifetime: .seconds(3))
    private var pulls = Cache<ImageReference, String>()
    private var images = Cache<String, DockerImage>(capacity: 256)
    private var questions = Cache<String, Void>(capacity: 16)
    private var exitWaiters: [(id: ContainerID, ticket: Int, continuation: CheckedContinuation<Void, Never>)] = []
    private var tickets = 0

    /// What the engine says of itself and of its host.
    private(set) var information: DockerEngineInformation?
    func keep(_ information: DockerEngineInformation) { self.information = information }

    /// A path on the file system of the engine's volumes; nil where none can be seen.
    private(set) var diskPath: String?
    func keep(diskPath: String?) { self.diskPath = diskPath }

    /// Whether a death was first seen long enough ago that a command which caused it is done with the container.
    func isSettled(_ id: ContainerID, since finishedAt: String) -> Bool {
        if deaths[id] == finishedAt, let age = deaths.age(of: id) { return age > .milliseconds(400) }
        deaths.keep(finishedAt, for: id)
        return false
    }

    /// The kernel killed a process of a container (`oom`): Docker's own flag does not tell while the container lives.
    func noteOutOfMemory(_ id: ContainerID, at time: String) { shortages.keep(time, for: id) }

    /// When a container last ran out of memory, within the last ten minutes.
    func shortage(of id: ContainerID) -> String? { shortages[id] }

    /// Docker did not answer for a container: it is not asked again for a while.
    func noteSilence(of id: ContainerID) { silent.note(id) }
    func isSilent(_ id: ContainerID) -> Bool { silent.contains(id) }
    /// Docker is done with what kept it from answering.
    func noteEndOfSilence(of id: ContainerID) { silent.forget(id) }

    /// A node was told to shut down: until its container has ended neither its Patroni answers nor Docker for it.
    func noteShutdown(of id: ContainerID) { shutdowns.note(id) }
    func noteStart(of id: ContainerID) { shutdowns.forget(id) }
    func isShuttingDown(_ id: ContainerID) -> Bool { shutdowns.contains(id) }

    /// A node's Patroni was told to read its file again: where its certificates or authorities are other ones, it closes its port
    /// and opens it again half a second later.
    func noteReload(of node: NodeName) { reloads.note(node) }
    func isReloading(_ node: NodeName) -> Bool { reloads.contains(node) }

    /// The progress of a pull; nil for its end.
    func notePull(_ reference: ImageReference, _ progress: String?) {
        if let progress { pulls.keep(progress, for: reference) } else { pulls.forget(reference) }
    }
    func pull(_ reference: ImageReference) -> String? { pulls[reference] }

    /// What an image brings, by its ID: it never changes.
    func image(_ id: String) -> DockerImage? { images[id] }
    func keep(_ image: DockerImage, as id: String) { images.keep(image, for: id) }

    /// A command of ours that changes nothing; its end is no reason to look again.
    func note(question id: String) { questions.note(id) }
    func isQuestion(_ id: String?) -> Bool { id.map(questions.contains) ?? false }

    /// A container has ended: no answer can come from inside it, and nothing waits for one any longer.
    func noteDeath(of id: ContainerID) {
        for waiter in exitWaiters where waiter.id == id { waiter.continuation.resume() }
        exitWaiters.removeAll { $0.id == id }
    }

    /// Returns when the container ends, or when the task is cancelled.
    func exit(of id: ContainerID) async {
        tickets += 1
        let ticket = tickets
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume() }
                exitWaiters.append((id, ticket, continuation))
            }
        } onCancel: {
            Task { await self.leave(ticket) }
        }
    }

    private func leave(_ ticket: Int) {
        for waiter in exitWaiters where waiter.ticket == ticket { waiter.continuation.resume() }
        exitWaiters.removeAll { $0.ticket == ticket }
    }
}
