import LiveWorld
import Model
import TestSupport
import Testing

@testable import Simulation

@Suite("The simulated etcd against a real one", .timeLimit(.minutes(3)))
struct StoreTests {
    @Test("agrees after every step of random scripts about keys and leases, and on membership")
    func agrees() async throws {
        let seed = Seeds.first(1)[0]
        print("model contract, etcd: seed \(seed); replay with MODEL_SEEDS=\(seed)")
        try await StoreSides.with(Engines.all[0]) { sides in
            var story: [String] = []
            for action in StoreAction.opening + StoreAction.script(seed: seed, 60) + StoreAction.access
                + StoreAction.membership
            {
                let (expected, outcome) = try await perform(action, sides)
                story.append("\(action): \(outcome)")
                guard expected == outcome else {
                    Issue.record("after\n\(story.joined(separator: "\n"))\nthe model answers \(expected)")
                    return
                }
                await sides.model.advance(to: sides.model.universe.now + .seconds(3))
                let wanted = lines(await sides.model.observe(sides.fixture.cluster, scope: .everything), sides)
                var seen: [String] = []
                do {
                    _ = try await eventually("both worlds show the same", within: .seconds(10)) {
                        seen = lines(await sides.live.world.observe(sides.fixture.cluster, scope: .everything), sides)
                        return seen == wanted ? true : nil
                    }
                } catch {
                    Issue.record(
                        "after\n\(story.joined(separator: "\n"))\nthe model shows\n\(wanted)\netcd shows\n\(seen)")
                    return
                }
            }
        }
    }

    private func perform(_ action: StoreAction, _ sides: StoreSides) async throws -> (String, String) {
        let cluster = sides.fixture.cluster
        let imagined = await sides.model.observe(cluster, scope: .everything)
        guard let effect = sides.effect(action, imagined) else {
            await sides.sufferInModel(action)
            try await sides.sufferInLife(action)
            return ("done", "done")
        }
        let seen = await sides.live.world.observe(cluster, scope: .everything)
        guard let real = sides.effect(action, seen) else { throw Blind(what: "etcd") }
        let expected = await sides.model.perform([.etcd(effect)], for: cluster)[0]
        var outcome = await sides.live.world.perform([.etcd(real)], for: cluster)[0]
        // etcd changes no membership until its members have been connected for five seconds (its HealthInterval); and a member
        // that lags behind has not yet heard which role its superuser has
        let end = ContinuousClock.now + .seconds(10)
        let passing = ["refused, unavailable", "refused, invalid"]
        while outcome.kind != expected.kind, passing.contains(outcome.kind), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(100))
            outcome = await sides.live.world.perform([.etcd(real)], for: cluster)[0]
        }
        return (expected.kind, outcome.kind)
    }

    private func access(_ store: EtcdView) -> [String] {
        guard let access = store.access.value else { return [] }
        return ["\(access.isEnabled)"] + access.users.map { "\($0.name) \($0.roles)" }
            + access.roles.map { role in
                let grants = role.grants.map { "\($0.permission) \($0.key) \($0.end)" }
                return "\(role.name) \(grants.sorted())"
            }
    }

    /// Patroni's keys with their leases and revisions, which both count from 1, and the membership by its URLs.
    private func lines(_ seen: Observation, _ sides: StoreSides) -> [String] {
        guard let keys = seen.dcs.value, let store = seen.etcd.value else { return ["nothing"] }
        let leader = keys.leader.map { "\($0.node) on \($0.lease) made \($0.createRevision) written \($0.modRevision)" }
        let members = keys.members.sorted { $0.name < $1.name }.map {
            "\($0.name) \($0.state) \($0.role) on \($0.lease)"
        }
        return [
            "revision \(keys.revision)", "initialize \(keys.initialize ?? "-") \(keys.initializeRevision ?? 0)",
            "leader \(leader ?? "-")", "failover \(keys.handover?.words ?? "-")",
            "members \(members)", "retired \(keys.retired.map { "\($0.volume) \($0.why) \($0.modRevision)" })",
            "access \(access(store))",
            "membership \(store.members.map { "\($0.peerURLs) \($0.isLearner)" }.sorted())",
        ]
    }
}
