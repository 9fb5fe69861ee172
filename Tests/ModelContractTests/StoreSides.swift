import DockerAPI
import EtcdClient
import Model
import TestSupport

@testable import LiveWorld
@testable import Reconcilers
@testable import Simulation

/// Three etcd members in both worlds, started by the controller's own effects; in the real one with TLS.
struct StoreSides {
    let fixture: ContractFixture
    let model: SimulatedWorld
    let live: LiveSide

    static func with(_ address: String, _ body: (StoreSides) async throws -> Void) async throws {
        let fixture = ContractFixture(hasStore: true)
        var universe = Universe(seed: 1, scope: fixture.cluster.name)
        universe.engine.images = [fixture.cluster.etcd.image, fixture.image]
        universe.makeIdentity(isShared: false)
        let model = SimulatedWorld(universe: universe, cluster: fixture.cluster)
        try await LiveSide.with(address, fixture) { live in
            let sides = StoreSides(fixture: fixture, model: model, live: live)
            try await live.world.loadSecrets(fixture.cluster)
            try await sides.raise(model)
            try await sides.raise(live.world)
            try await body(sides)
        }
    }

    private func raise(_ world: some World) async throws {
        let network = NetworkSpec(name: fixture.cluster.network.name, driver: "bridge", subnet: nil)
        try await done(world, .createNetwork(network))
        let input = await PlanningInput(
            cluster: fixture.cluster, observation: world.observe(fixture.cluster, scope: .everything), now: world.now())
        guard let site = EngineScope(input) else { throw Blind(what: "the engine") }
        for name in fixture.cluster.etcdNames {
            let spec = EtcdSpec.container(name, join: EtcdSpec.bootstrap, at: site)
            try await done(world, .createContainer(spec))
            let view = await world.observe(fixture.cluster, scope: .everything).engines.first?.view.value
            guard let id = view?.container(name)?.id else { throw Blind(what: name.text) }
            try await done(world, .upload(id, spec.files))
            try await done(world, .start(id))
        }
        _ = try await eventually("three members agree") {
            let seen = await world.observe(fixture.cluster, scope: .everything)
            return seen.etcd.value?.members.count == 3 && seen.dcs.value != nil
                && seen.etcd.value?.endpoints.allSatisfy({ $0.status.value?.leaderID ?? 0 != 0 }) == true
                ? true : nil
        }
    }

    private func done(_ world: some World, _ effect: DockerEffect) async throws {
        let outcome = await world.perform([.docker(.local, effect)], for: fixture.cluster)[0]
        guard case .done = outcome else { throw Blind(what: "\(outcome)") }
    }

    /// The effect that an action is in a world as it was seen.
    func effect(_ action: StoreAction, _ seen: Observation) -> EtcdEffect? {
        let prefix = fixture.cluster.dcsPrefix
        func member(_ number: Int) -> UInt64 {
            let url = EtcdSpec.peerURL(of: name(number), tls: true)
            return seen.etcd.value?.members.first { $0.peerURLs == [url] }?.id ?? 4711
        }
        switch action {
        case .putIfAbsent(let key, let value): return .putIfAbsent(key: full(key), value: value)
        case .deleteKey(let key, let isCurrent):
            let revision = seen.dcs.value?.retired.first?.modRevision ?? 1
            return .deleteKey(key: full(key), modRevision: isCurrent ? revision : revision + 1)
        case .release(let mistake):
            var key =
                seen.dcs.value?.leader ?? LeaderKey(node: "n1", lease: 4711, createRevision: 2, modRevision: 2)
            switch mistake {
            case .node: key.node = "n9"
            case .lease: key.lease += 1
            case .createRevision: key.createRevision += 1
            case nil: break
            }
            return .releaseLeader(prefix: prefix, key, candidate: nil)
        case .addLearner(let number): return .addLearner(peerURL: EtcdSpec.peerURL(of: name(number), tls: true))
        case .movePeer(let number, let other):
            return .movePeer(memberID: member(number), peerURL: EtcdSpec.peerURL(of: name(other), tls: true))
        case .promote(let number): return .promote(memberID: member(number))
        case .removeMember(let number): return .removeMember(memberID: member(number))
        case .setRole(let isRoot):
            let role = EtcdAuthentication.role(in: fixture.cluster)
            return .setRole(isRoot ? EtcdRole(name: EtcdUsers.root, grants: []) : role)
        case .setUser(let name):
            let isRoot = name == EtcdUsers.root
            // the fixture's cluster has three nodes, whatever they are called here
            let secret = isRoot ? SecretName.etcdRoot : .etcdUser(of: fixture.cluster.nodeNames[0])
            return .setUser(name, secret, role: isRoot ? EtcdUsers.root : EtcdUsers.nodes)
        case .removeUser(let name): return .removeUser(name)
        case .enableAuthentication: return .enableAuthentication(.etcdRoot)
        case .compact: return .compact(revision: seen.dcs.value?.revision ?? 1)
        case .put, .delete, .grant, .revoke, .killMember: return nil
        }
    }

    func name(_ number: Int) -> ContainerName { ContainerName("\(fixture.cluster.etcd.namePrefix)\(number)") }

    func full(_ key: String) -> String {
        key == StoreAction.retired
            ? RetiredVolume.prefix(of: fixture.cluster.name) + "volume" : fixture.cluster.dcsPrefix + key
    }

    /// What Patroni or a person does in the model.
    func sufferInModel(_ action: StoreAction) async {
        await model.change { universe in
            switch action {
            case .put(let key, let value, let lease):
                guard lease == 0 || universe.store?.leases.contains(where: { $0.id == lease }) == true else { return }
                let node = NodeName(String(key.split(separator: "/").last ?? ""))
                let stored: StoreValue =
                    switch key {
                    case _ where key.hasPrefix("members/"):
                        .member(DCSMember(name: node, state: value, role: "replica", lease: lease))
                    case "failover": universe.request(from: "n1", to: value.isEmpty ? nil : NodeName(value))
                    case _: .text(value)
                    }
                universe.store?.put(full(key), stored, lease: lease)
            case .delete(let key): universe.store?.delete(full(key))
            case .grant(let id):
                guard universe.store?.leases.contains(where: { $0.id == id }) == false else { return }
                let time = Duration.seconds(3600)
                universe.store?.leases.append(StoreLease(id: id, ttl: time, expiresAt: universe.now + time))
            case .revoke(let id): universe.store?.revoke(id)
            case .killMember(let number):
                guard let id = universe.engine.containers.first(where: { $0.name == name(number) })?.id else { return }
                _ = universe.kill(id)
            default: break
            }
        }
    }

    /// The same in the real world; what etcd refuses there is refused in the model by the conditions above.
    func sufferInLife(_ action: StoreAction) async throws {
        let client = try await live.world.currentStore(fixture.cluster)
        do {
            switch action {
            case .put(let key, let value, let lease):
                let text =
                    switch key {
                    case _ where key.hasPrefix("members/"): #"{"state":"\#(value)","role":"replica"}"#
                    case "failover": value.isEmpty ? #"{"leader":"n1"}"# : #"{"leader":"n1","member":"\#(value)"}"#
                    case _: value
                    }
                try await client.put(EtcdBytes(full(key)), EtcdBytes(text), lease: lease)
            case .delete(let key): try await client.delete(.one(EtcdBytes(full(key))))
            case .grant(let id): _ = try await client.grantLease(.seconds(3600), id: id)
            case .revoke(let id): try await client.revokeLease(id)
            case .killMember(let number): try await live.engine.kill(name(number).text)
            default: break
            }
        } catch let error as EtcdError where [.leaseNotFound, .alreadyExists].contains(error.code) {}
    }
}
