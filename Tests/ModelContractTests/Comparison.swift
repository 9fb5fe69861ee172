import Model
import TestSupport

/// Runs a script in both worlds, step by step, and stops at the first disagreement.
struct Comparison {
    let model: ModelSide
    let live: LiveSide
    private var inModel: Ledger
    private var inLife: Ledger
    private(set) var story: [String] = []

    init(model: ModelSide, live: LiveSide) {
        self.model = model
        self.live = live
        inModel = Ledger(prefix: model.fixture.prefix)
        inLife = Ledger(prefix: model.fixture.prefix)
    }

    /// Performs one action in both worlds.
    /// - Returns: what they disagree on, or nil.
    mutating func step(_ action: ContractAction) async throws -> String? {
        let expected = await model.perform(action, inModel)
        let outcome = try await live.perform(action, inLife)
        story.append("\(action): \(outcome.kind)")
        guard expected.kind == outcome.kind else {
            return told("the model answers \(expected), the engine \(outcome)")
        }
        let imagined = try await model.look()
        inModel.learn(imagined)
        let wanted = Sketch(imagined, inModel)
        var seen: Sketch?
        // a process ends and Docker restarts it in its own time; one that Docker did not tell of in time is asked about again
        // after five seconds
        let end = ContinuousClock.now + .seconds(20)
        repeat {
            let view = try await live.look()
            inLife.learn(view)
            seen = Sketch(view, inLife)
            if seen == wanted, (try? await live.isReady(view, inLife)) == true { return nil }
            try await Task.sleep(for: .milliseconds(20))
        } while ContinuousClock.now < end
        let missing = wanted.lines.filter { seen?.lines.contains($0) == false }
        let surplus = (seen?.lines ?? []).filter { !wanted.lines.contains($0) }
        return told(
            "the model shows\n  \(missing.joined(separator: "\n  "))\nthe engine shows\n  "
                + surplus.joined(separator: "\n  "))
    }

    private func told(_ disagreement: String) -> String {
        "after\n  \(story.joined(separator: "\n  "))\n\(disagreement)"
    }
}
