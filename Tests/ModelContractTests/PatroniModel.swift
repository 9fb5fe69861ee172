import Model

@testable import Simulation

/// The simulated nodes.
struct PatroniModel {
    let fixture: PatroniFixture
    let world: SimulatedWorld

    init(_ fixture: PatroniFixture, seed: UInt64) {
        self.fixture = fixture
        world = SimulatedWorld(seed: seed, cluster: fixture.cluster)
    }

    func perform(_ action: PatroniAction, _ names: NodeNames, _ look: PatroniLook) async throws {
        if let effect = try fixture.effect(action, names, look) {
            _ = await world.perform([effect], for: fixture.cluster)
            return
        }
        let node =
            switch action {
            case .expire(let letter), .lag(let letter), .catchUp(let letter): names.node(letter)
            case _: PatroniLook.primary(look.seen) ?? names.node(.a)
            }
        let lease = look.keys?.member(node)?.lease
        await world.change { universe in
            let index = universe.index(of: node)
            switch action {
            case .expire:
                guard let lease else { return }
                let isLeaders = universe.store?.key(universe.prefix + "leader")?.lease == lease
                universe.store?.revoke(lease)
                if isLeaders { universe.leaderKeyGone() }
            case .lag: if let index { universe.engine.containers[index].node?.lagsUntil = .seconds(1 << 30) }
            case .catchUp: if let index { universe.engine.containers[index].node?.lagsUntil = .zero }
            case .write: if let index { universe.withDirectory(of: index) { $0.lsn += 8_000_000 } }
            case _: break
            }
        }
    }

    /// What is to be seen once everything has ended that was going on.
    func look() async -> PatroniLook {
        await world.advance(to: world.universe.now + .seconds(30))
        let seen = await world.observe(fixture.cluster, scope: PatroniFixture.scope)
        guard let primary = PatroniLook.primary(seen) else { return PatroniLook(seen: seen, isCommitAcknowledged: nil) }
        return PatroniLook(seen: seen, isCommitAcknowledged: await world.acknowledges(primary))
    }
}

extension SimulatedWorld {
    /// Whether a commit on a primary is acknowledged before long.
    fileprivate func acknowledges(_ primary: NodeName) -> Bool {
        guard let index = universe.index(of: primary) else { return false }
        universe.withDirectory(of: index) { $0.lsn += 100 }
        universe.shipWAL(from: index)
        guard let directory = universe.directory(of: index) else { return false }
        let confirmed = universe.standbys(of: index).filter { name in
            universe.index(of: name).flatMap { universe.directory(of: $0) }?.contains(directory.end) == true
        }
        return directory.commitsAwait.isSatisfied(by: confirmed)
    }
}
