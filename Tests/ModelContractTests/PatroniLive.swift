import DockerAPI
import EtcdClient
import Foundation
import HTTPTransport
import Model
import PatroniAPI
import TestSupport

@testable import LiveWorld

/// Real nodes, seen and changed through the same code as the controller's.
struct PatroniLive {
    let fixture: PatroniFixture
    let address: String
    let engine: DockerEngine
    let world: LiveWorld

    static func with(
        _ address: String, _ fixture: PatroniFixture, _ body: (PatroniLive) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(fixture.cluster.name.text)
        defer { try? FileManager.default.removeItem(at: directory) }
        let secrets = SecretStore(directory: directory.path)
        try await secrets.load(fixture.cluster)
        let live = PatroniLive(
            fixture: fixture, address: address, engine: try DockerEngine(address: address),
            world: try await LiveWorld.connect(fixture.cluster, secrets: secrets, docker: address))
        do {
            try await body(live)
        } catch {
            try? await live.cleanUp()
            throw error
        }
        try await live.cleanUp()
    }

    private func cleanUp() async throws {
        let objects = try await world.ownedObjects(of: fixture.cluster)
        for container in objects.containers {
            try await engine.removeContainer(container.id.text, force: true, removesAnonymousVolumes: true)
        }
        for network in objects.networks { try await engine.removeNetwork(network.id.text) }
        for volume in objects.volumes { try await engine.removeVolume(volume.name.text) }
    }

    func perform(_ action: PatroniAction, _ names: NodeNames, _ look: PatroniLook) async throws {
        if let effect = try fixture.effect(action, names, look) { return try await perform(effect, action) }
        switch action {
        case .expire(let letter):
            guard let lease = look.keys?.member(names.node(letter))?.lease else { throw Blind(what: "the lease") }
            try await world.currentStore(fixture.cluster).revokeLease(lease)
        case .lag(let letter): try await signal("STOP", names.node(letter))
        case .catchUp(let letter): try await signal("CONT", names.node(letter))
        case .write:
            guard let primary = PatroniLook.primary(look.seen) else { throw Blind(what: "the primary") }
            // neither waits for a standby nor ends in a commit that would
            let script = "SELECT pg_logical_emit_message(false, 'contract', repeat('-', 8000000), true)"
            try await done(.sql(primary, .script("postgres", script)))
        case _: throw Blind(what: "\(action)")
        }
    }

    /// A refused switchover shows in what is seen afterwards.
    private func perform(_ effect: Effect, _ action: PatroniAction) async throws {
        if case .switchover = action {
            _ = await world.perform([effect], for: fixture.cluster)
        } else {
            try await done(effect)
        }
    }

    private func done(_ effect: Effect) async throws {
        let outcome = await world.perform([effect], for: fixture.cluster)[0]
        guard case .done = outcome else { throw Blind(what: "\(effect): \(outcome)") }
        guard case .docker(_, .start(let id)) = effect else { return }
        while await world.starts.isUnderWay(id) { try await Task.sleep(for: .milliseconds(5)) }
        _ = await world.starts.takeAnswer(id)
    }

    /// Stops a replica's WAL receiver, or lets it go on.
    private func signal(_ signal: String, _ node: NodeName) async throws {
        let script = """
            for process in /proc/[0-9]*; do
              if grep -qs 'walreceive[r]' $process/cmdline; then kill -\(signal) ${process#/proc/}; found=yes; fi
            done
            [ "$found" = yes ]
            """
        try await Shell.run(["docker", "-H", address, "exec", node.text, "sh", "-c", script])
    }

    func look() async -> PatroniLook {
        let seen = await world.observe(fixture.cluster, scope: PatroniFixture.scope)
        guard let primary = PatroniLook.primary(seen) else { return PatroniLook(seen: seen, isCommitAcknowledged: nil) }
        let isProven = await world.provesWrite(on: primary, for: fixture.cluster)
        return PatroniLook(seen: seen, isCommitAcknowledged: isProven)
    }

    /// Whether every Patroni that runs has ended a whole loop that began after a moment, in seconds since 1970.
    func hasTurned(since moment: Int64, _ look: PatroniLook) async throws -> Bool {
        for node in fixture.cluster.nodeNames where look.container(node)?.state.isRunning == true {
            let host = try await world.address(of: ContainerName(node.text), fixture.cluster)
            let status = try await PatroniClient(endpoint: .tcp(host: host, port: 8008)).status()
            // one loop began in the second after the moment, the next one a second later
            guard let seen = status.storeLastSeen, seen >= moment + 2 else { return false }
        }
        return true
    }
}
