import Model

@testable import Simulation

/// The simulated engine.
struct ModelSide {
    let world: SimulatedWorld
    let fixture: ContractFixture

    init(fixture: ContractFixture) {
        self.fixture = fixture
        var universe = Universe(seed: 1, scope: fixture.cluster.name)
        universe.engine.images = [fixture.image]
        world = SimulatedWorld(universe: universe, cluster: fixture.cluster)
    }

    func perform(_ action: ContractAction, _ ledger: Ledger) async -> Outcome {
        await world.settle()
        if let effect = fixture.effect(action, ledger) {
            return await world.perform([.docker(.local, effect)], for: fixture.cluster)[0]
        }
        return await world.suffer(action, ledger)
    }

    /// What is to be seen once everything has ended that was going on.
    func look() async throws -> EngineView {
        await world.come(toRestWithin: .seconds(30))
        guard let view = await world.observe(fixture.cluster, scope: .everything).engines.first?.view.value else {
            throw Blind(what: "the model")
        }
        return view
    }

    /// Whether the model says that an event stream would have told of the last action.
    var isStirred: Bool { get async { await world.universe.isStirred } }
}

/// Nothing was to be seen.
struct Blind: Error { let what: String }

extension SimulatedWorld {
    fileprivate func come(toRestWithin limit: Duration) {
        let deadline = universe.now + limit
        while universe.now < deadline, universe.engine.containers.contains(where: \.isMoving) {
            advance(to: min(nextDue, deadline))
        }
    }

    fileprivate func suffer(_ action: ContractAction, _ ledger: Ledger) -> Outcome {
        switch action {
        case .pause(let name): return universe.pause(ledger.container(name))
        case .removeByForce(let name): return universe.removeByForce(ledger.container(name))
        case .restart(let name): return universe.restart(ledger.container(name))
        case .exit(let name, let code):
            let outcome = universe.run(["kill"], in: ledger.container(name))
            guard case .done = outcome, let index = universe.engine.index(of: ledger.container(name)) else {
                return outcome
            }
            universe.die(index, exitCode: code)
            return outcome
        default: return .refused(Refusal(.invalid, "an effect"))
        }
    }
}

extension SimulatedContainer {
    fileprivate var isMoving: Bool { stop != nil || restart != nil }
}
