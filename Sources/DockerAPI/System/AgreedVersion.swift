import Synchronization

/// The API version agreed with the engine; forgotten when the connection breaks, because another engine may come back.
final class AgreedVersion: Sendable {
    private let version = Mutex<DockerAPIVersion?>(nil)

    var current: DockerAPIVersion? { version.withLock { $0 } }

    func agree(_ new: DockerAPIVersion) { version.withLock { $0 = new } }

    func forget() { version.withLock { $0 = nil } }
}
