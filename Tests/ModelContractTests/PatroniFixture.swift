import Foundation
import Model
import TestSupport

@testable import Reconcilers

/// One etcd member and three nodes, raised in both worlds by the controller's own effects.
struct PatroniFixture: Sendable {
    let cluster: Cluster

    init(mode: SynchronousSettings.Mode) {
        let prefix = "mpc-\(mode)-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
        var cluster = Cluster(name: ClusterName(prefix))
        cluster.network.name = NetworkName("\(prefix)-net")
        cluster.etcd.namePrefix = "\(prefix)-etcd-"
        cluster.etcd.members = 1
        cluster.nodes.namePrefix = "\(prefix)-node-"
        cluster.nodes.memory = .gibibytes(1)
        cluster.postgres.synchronous.mode = mode
        cluster.postgres.parameters = [
            .init("archive_mode", "off"), .init("fsync", "off"), .init("max_connections", "50"),
            .init("shared_buffers", "32MB"),
            // a replica that lags would lose its connection in the middle of a case
            .init("wal_sender_timeout", "0"),
        ]
        // leases end when a script says so
        cluster.patroni.ttl = .seconds(900)
        cluster.patroni.loopWait = .seconds(1)
        cluster.patroni.retryTimeout = .seconds(10)
        // the database that is there without a controller
        cluster.accounts.database = "postgres"
        cluster.backups.enabled = false
        cluster.console.enabled = false
        cluster.pooler.enabled = false
        self.cluster = cluster
    }

    /// What an action is for the controller, in a world as it was seen; nil where it is none of the controller's.
    func effect(_ action: PatroniAction, _ names: NodeNames, _ look: PatroniLook) throws -> Effect? {
        func id(_ letter: Letter) throws -> ContainerID {
            guard let container = look.container(names.node(letter)) else { throw Blind(what: letter.rawValue) }
            return container.id
        }
        func anybody() throws -> NodeName {
            guard let node = names.nodes.first(where: { look.member($0) != nil }) else { throw Blind(what: "Patroni") }
            return node
        }
        switch action {
        case .kill(let letter): return .docker(.local, .kill(try id(letter)))
        case .start(let letter): return .docker(.local, .start(try id(letter)))
        case .releaseLeader:
            guard let key = look.keys?.leader else { throw Blind(what: "the leader key") }
            return .etcd(.releaseLeader(prefix: cluster.dcsPrefix, key, candidate: nil))
        case .switchover(let letter):
            return .patroni(
                names.node(.a), .switchover(from: names.node(.a), to: letter.map { names.node($0) }))
        case .pause: return .patroni(try anybody(), .patchConfiguration(.object([("pause", .bool(true))])))
        case .resume: return .patroni(try anybody(), .patchConfiguration(.object([("pause", .null)])))
        case .expire, .lag, .catchUp, .write: return nil
        }
    }

    /// Makes everything and starts it.
    func raise(_ world: some World) async throws {
        try await done(world, .createNetwork(NetworkSpec(name: cluster.network.name, driver: "bridge", subnet: nil)))
        let input = await PlanningInput(
            cluster: cluster, observation: world.observe(cluster, scope: .everything), now: world.now())
        guard let site = EngineScope(input) else { throw Blind(what: "the engine") }
        for name in cluster.etcdNames {
            try await start(EtcdSpec.container(name, join: EtcdSpec.bootstrap, at: site), in: world)
        }
        // a Patroni that is started before etcd answers would sleep for five seconds
        _ = try await eventually("etcd answers") {
            await world.observe(cluster, scope: PatroniFixture.scope).dcs.value
        }
        for node in cluster.nodeNames {
            var spec = NodeSpec.container(node, at: site)
            spec.settings.ports = []
            try await start(spec, in: world)
        }
    }

    /// Docker, etcd and every node's Patroni, and nothing else.
    static let scope = ObservationScope.guarding(.cluster)

    private func start(_ spec: ContainerSpec, in world: some World) async throws {
        try await done(world, .createContainer(spec))
        let view = await world.observe(cluster, scope: PatroniFixture.scope).engines.first?.view.value
        guard let id = view?.container(spec.name)?.id else { throw Blind(what: spec.name.text) }
        try await done(world, .upload(id, spec.files))
        try await done(world, .start(id))
    }

    private func done(_ world: some World, _ effect: DockerEffect) async throws {
        let outcome = await world.perform([.docker(.local, effect)], for: cluster)[0]
        guard case .done = outcome else { throw Blind(what: "\(effect): \(outcome)") }
    }
}
