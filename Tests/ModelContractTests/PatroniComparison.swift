import Foundation
import Model
import TestSupport

/// Runs the cases of one mode in both worlds, step by step.
struct PatroniComparison {
    let model: PatroniModel
    let live: PatroniLive
    private var modelNames: NodeNames
    private var liveNames: NodeNames
    private var lag = Lag()
    private var imagined: PatroniLook
    private var seen: PatroniLook
    private var story: [String] = []

    /// Raises both.
    init(model: PatroniModel, live: PatroniLive) async throws {
        self.model = model
        self.live = live
        modelNames = NodeNames(model.fixture.cluster)
        liveNames = modelNames
        try await model.fixture.raise(model.world)
        try await live.fixture.raise(live.world)
        imagined = await model.look()
        seen = await live.look()
    }

    /// Plays a case.
    /// - Returns: what the worlds disagree on, or nil.
    mutating func play(_ script: PatroniCase) async throws -> String? {
        story = [script.name]
        // the case's names
        if let disagreement = try await compare(since: 0, Set(Letter.allCases)) { return disagreement }
        for step in script.steps {
            for action in step.actions {
                lag.follow(action)
                try await model.perform(action, modelNames, imagined)
                try await live.perform(action, liveNames, seen)
            }
            story.append("\(step)")
            let moment = Int64(Date().timeIntervalSince1970)
            if let disagreement = try await compare(since: moment, step.equals) { return disagreement }
        }
        return nil
    }

    private mutating func compare(since moment: Int64, _ equals: Set<Letter>) async throws -> String? {
        imagined = await model.look()
        modelNames = modelNames.anew(equals, imagined)
        let wanted = imagined.lines(modelNames, lag)
        let end = ContinuousClock.now + .seconds(60)
        var lines: [String] = []
        repeat {
            seen = await live.look()
            let names = liveNames.anew(equals, seen)
            lines = seen.lines(names, lag)
            if lines == wanted, (try? await live.hasTurned(since: moment, seen)) == true {
                // what is seen after the loops have turned counts
                seen = await live.look()
                lines = seen.lines(names, lag)
                if lines == wanted {
                    liveNames = names
                    return nil
                }
            }
            try await Task.sleep(for: .milliseconds(150))
        } while ContinuousClock.now < end
        let missing = wanted.filter { !lines.contains($0) }
        let surplus = lines.filter { !wanted.contains($0) }
        return """
            after
              \(story.joined(separator: "\n  "))
            the model shows
              \(missing.joined(separator: "\n  "))
            Patroni shows
              \(surplus.joined(separator: "\n  "))
            """
    }
}
