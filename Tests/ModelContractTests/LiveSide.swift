import DockerAPI
import Foundation
import Model
import TestSupport

@testable import LiveWorld

/// A real engine, seen and changed through the same code as the controller's.
struct LiveSide {
    let world: LiveWorld
    let engine: DockerEngine
    let fixture: ContractFixture

    /// The image's first process ends with 143 when it is asked to and with 3 or 0 on signals of the script's.
    private static let command = """
        CMD ["/bin/sh","-c","trap 'exit 143' TERM; trap 'exit 3' USR1; trap 'exit 0' USR2; \
        while :; do sleep 1000 & wait $!; done"]
        """

    static func with(
        _ address: String, _ fixture: ContractFixture, _ body: (LiveSide) async throws -> Void
    ) async throws {
        let engine = try DockerEngine(address: address)
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(fixture.prefix).path
        let world = try await LiveWorld.connect(
            fixture.cluster, secrets: SecretStore(directory: directory), docker: address)
        let side = LiveSide(world: world, engine: engine, fixture: fixture)
        try await side.importImage()
        do {
            try await body(side)
        } catch {
            try? await side.cleanUp()
            throw error
        }
        try await side.cleanUp()
    }

    private func importImage() async throws {
        let path = ProcessInfo.processInfo.environment["CONTROLLER_TEST_BUSYBOX"] ?? "/bin/busybox"
        guard let busybox = FileManager.default.contents(atPath: path) else { throw Blind(what: path) }
        let tools = ["busybox", "sh", "sleep", "kill", "true", "head", "tar", "mkdir", "mv", "rm", "rmdir"].map {
            TarEntry(path: "bin/\($0)", .file([UInt8](busybox)), mode: 0o755)
        }
        let archive = try TarWriter.archive(
            [
                TarEntry(path: "bin", .directory, mode: 0o755), TarEntry(path: "etc", .directory, mode: 0o755),
                TarEntry(path: "etc/controller", .directory, mode: 0o755),
            ] + tools)
        try await engine.importImage(fixture.image.text, archive: archive, changes: [Self.command]).finish()
    }

    private func cleanUp() async throws {
        let ownedObjects = try await world.ownedObjects(of: fixture.cluster)
        for container in ownedObjects.containers {
            try await engine.removeContainer(container.id.text, force: true, removesAnonymousVolumes: true)
        }
        for network in ownedObjects.networks { try await engine.removeNetwork(network.id.text) }
        for volume in ownedObjects.volumes { try await engine.removeVolume(volume.name.text) }
        try await engine.removeImage(fixture.image.text, force: true)
    }

    /// The engine's answer to a start that goes on in the background; a pass would see the container, or get the refusal
    /// when it asks again.
    private func answer(toStartOf id: ContainerID) async -> Outcome {
        while await world.starts.isUnderWay(id) { try? await Task.sleep(for: .milliseconds(5)) }
        return switch await world.starts.takeAnswer(id) {
        case .failure(let error): error.outcome
        case .success, nil: .done("")
        }
    }

    func perform(_ action: ContractAction, _ ledger: Ledger) async throws -> Outcome {
        if let effect = fixture.effect(action, ledger) {
            let outcome = await world.perform([.docker(.local, effect)], for: fixture.cluster)[0]
            guard case .start(let id) = effect, outcome == .done("under way") else { return outcome }
            return await answer(toStartOf: id)
        }
        do {
            switch action {
            case .pause(let name): try await engine.pause(ledger.container(name).text)
            case .removeByForce(let name):
                try await engine.removeContainer(ledger.container(name).text, force: true)
            case .restart(let name): try await engine.restart(ledger.container(name).text)
            case .exit(let name, let code):
                let exec = try await engine.createExec(
                    in: ledger.container(name).text,
                    DockerExecConfiguration(command: ["kill", code == 0 ? "-USR2" : "-USR1", "1"]))
                try await engine.startExecDetached(exec)
            default: throw Blind(what: "an action that has no side")
            }
            return .done("")
        } catch let error as DockerError {
            return error.outcome
        }
    }

    /// An engine that has much to do may be too late for one look.
    func look() async throws -> EngineView {
        try await eventually("a look at the engine", within: .seconds(20)) {
            await world.observe(fixture.cluster, scope: .everything).engines.first?.view.value
        }
    }

    /// Whether every process that runs has come as far as to understand signals.
    func isReady(_ view: EngineView, _ ledger: Ledger) async throws -> Bool {
        for seen in view.containers where ledger.short(seen.name.text) != nil && seen.state.isRunning {
            let rows = try await engine.processes(seen.id.text).rows
            if !rows.contains(where: { $0.contains { $0.contains("sleep 1000") && !$0.contains("sh") } }) {
                return false
            }
        }
        return true
    }
}
