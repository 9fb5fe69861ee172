import Model
import Testing

@testable import LiveWorld

@Suite("The look at the file system under the volumes")
struct DiskObserverTests {
    @Test("a path that is there has a size, and no more free than that; one that is not there is unknown, not full")
    func fileSystem() {
        let seen = DiskObserver.fileSystem(of: "/").value
        #expect((seen?.sizeBytes ?? 0) > 0 && (seen?.freeBytes ?? -1) >= 0)
        #expect((seen?.freeBytes ?? 0) <= (seen?.sizeBytes ?? 0))
        let missing = DiskObserver.fileSystem(of: "/nonexistent/volumes")
        #expect(missing.unknownReason?.detail.hasPrefix("/nonexistent/volumes: ") == true)
    }

    @Test("only a local volume without options of its own is on the engine's disk")
    func ownVolume() {
        var container = ContainerView(
            id: "c1", name: "supervisor", image: "controller:1", labels: [], state: .running(startedAt: "t0"))
        container.settings.mounts = [
            VolumeMount(volume: "state", destination: "/state"), VolumeMount(volume: "nfs", destination: "/state/nfs"),
        ]
        let state = VolumeView(name: "state", labels: [])
        var remote = VolumeView(name: "nfs", labels: [])
        remote.isOnEngineDisk = false
        func isOn(_ path: String, _ volumes: [VolumeView]) -> Bool {
            DiskObserver.isOnEngineDisk(path, in: container, volumes: volumes)
        }
        #expect(isOn("/state/demo/secrets", [remote, state]))
        #expect(!isOn("/state/nfs/demo", [remote, state]))
        #expect(!isOn("/stateless", [remote, state]))
        #expect(!isOn("/state/demo", [remote]))
    }

    @Test("a change by more than a hundredth of the disk wakes the loop")
    func worthALook() {
        let before = DiskView(sizeBytes: 1000, freeBytes: 500)
        #expect(!DiskObserver.isWorthALook(DiskView(sizeBytes: 1000, freeBytes: 490), after: before))
        #expect(DiskObserver.isWorthALook(DiskView(sizeBytes: 1000, freeBytes: 489), after: before))
        #expect(DiskObserver.isWorthALook(DiskView(sizeBytes: 1000, freeBytes: 511), after: before))
    }
}
