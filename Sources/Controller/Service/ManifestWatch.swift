import Dispatch
import Glibc

/// Rings when something changes in a directory (inotify(7)). Editors replace files, so directories are watched.
final class ManifestWatch: Sendable {
    private let descriptor: Int32

    /// Nil where the kernel refuses; the resync then notices edits.
    init?(directories: [String]) {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        let mask = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB)
        let watches = directories.map { inotify_add_watch(descriptor, $0, mask) }
        guard watches.contains(where: { $0 >= 0 }) else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Calls back, on a queue of its own, whenever something changed. Runs until the task is cancelled.
    func changes() -> AsyncStream<Void> {
        let descriptor = self.descriptor
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // a dispatch source is thread-safe; Dispatch on Linux does not say so yet
        nonisolated(unsafe) let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = read(descriptor, &buffer, buffer.count)
            continuation.yield()
        }
        source.activate()
        continuation.onTermination = { _ in source.cancel() }
        return stream
    }
}
