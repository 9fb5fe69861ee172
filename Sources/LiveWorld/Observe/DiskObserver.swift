import DockerAPI
import Glibc
import Model

/// Looks at the file system that holds the engine's local volumes. It asks the kernel alone: the answer comes at once, and also
/// when nothing can be written.
struct DiskObserver {
    let world: LiveWorld

    /// - Parameters:
    ///   - volumes: the engine's volumes, by which the controller's own is known to be on that file system.
    ///   - containers: the engine's containers, among them the controller's own when it runs in one.
    func look(volumes: [VolumeView], containers: [ContainerView]) async -> Sighting<DiskView> {
        let own = containers.first { $0.id == world.ownContainer }
        if world.ownContainer != nil {
            guard let own, DiskObserver.isOnEngineDisk(world.secrets.directory, in: own, volumes: volumes) else {
                return .unknown(
                    UnknownReason(
                        .unreachable, "the controller's state directory lies in no volume on the engine's own disk"))
            }
            return await seen(at: world.secrets.directory)
        }
        guard let engine = await world.engineCache.information else { return .unknown(.notLooked) }
        // a path on another host says nothing of this one
        guard engine.name == DiskObserver.hostName else {
            return .unknown(UnknownReason(.unreachable, "the engine runs on host \(engine.name), not on this one"))
        }
        return await seen(at: engine.rootDirectory + "/volumes")
    }

    private func seen(at path: String) async -> Sighting<DiskView> {
        let seen = DiskObserver.fileSystem(of: path)
        await world.engineCache.keep(diskPath: seen.value == nil ? nil : path)
        return seen
    }

    /// Whether the free space has changed so much that a pass is to judge it: by a hundredth of the disk.
    static func isWorthALook(_ now: DiskView, after before: DiskView) -> Bool {
        abs(now.freeBytes - before.freeBytes) > now.sizeBytes / 100
    }

    /// Whether a path inside a container lies in a volume that is on the engine's own disk.
    static func isOnEngineDisk(_ path: String, in container: ContainerView, volumes: [VolumeView]) -> Bool {
        let mount = container.settings.mounts
            .filter { path == $0.destination || path.hasPrefix($0.destination + "/") }
            .max { $0.destination.count < $1.destination.count }
        return mount.map { mount in volumes.contains { $0.name == mount.volume && $0.isOnEngineDisk } } ?? false
    }

    /// The size and the free space of the file system that a path is on.
    static func fileSystem(of path: String) -> Sighting<DiskView> {
        var answer = statvfs()
        guard statvfs(path, &answer) == 0 else {
            let code = errno
            return .unknown(
                UnknownReason(code == EACCES ? .forbidden : .unreachable, "\(path): \(String(cString: strerror(code)))")
            )
        }
        let block = UInt64(answer.f_frsize)
        return .present(
            DiskView(
                sizeBytes: bytes(UInt64(answer.f_blocks), of: block),
                freeBytes: bytes(UInt64(answer.f_bavail), of: block)))
    }

    private static func bytes(_ blocks: UInt64, of size: UInt64) -> Int64 {
        let (bytes, isTooMuch) = blocks.multipliedReportingOverflow(by: size)
        return isTooMuch ? .max : Int64(clamping: bytes)
    }

    private static var hostName: String? {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }
}
