import Model
import Simulation
import Supervisor

/// What would follow the first wave: the same loop, run in a model that starts as the real world was seen.
enum PlanForecast {
    private static let passLimit = 600

    static func lines(_ input: PlanningInput, plan: Plan, price: PlanPrice) async -> [String] {
        // what would be done after the pause
        var cluster = input.cluster
        cluster.maintenance = false
        let now = input.now
        // a node reads what Patroni got at its next loop, and only then says that a restart is due
        let calm = cluster.patroni.loopWait + .seconds(2)
        let world = SimulatedWorld(from: input.observation, cluster: cluster, now: now)
        let pass = Pass(world: world)
        var steps: [String] = []
        var done: [(Action, PlanningInput)] = []
        var convergedAt: Duration?
        for turn in 1...passLimit {
            let report = await pass.run(cluster)
            let elapsed = report.input.now.uptime - now.uptime
            for (planned, _) in report.performed {
                done.append((planned.action, report.input))
                guard turn > 1, let step = step(planned.action, after: elapsed) else { continue }
                steps.append(step)
                steps += price.lines(for: planned.action, in: report.input, indent: 13)
            }
            let isConverged = report.isConverged && report.plan.waiting.isEmpty
            convergedAt = isConverged && report.performed.isEmpty ? convergedAt ?? elapsed : nil
            if let end = convergedAt, turn == 1 || elapsed - end > calm {
                if !steps.isEmpty {
                    steps = ["Then (forecast, from a model of what is there now):"] + steps
                    steps.append("Converged after about \(seconds(end)) in the model.")
                }
                return steps + price.parameters(done.map(\.0), input) + price.total(done)
            }
            let rest: Duration = isConverged ? .seconds(1) : .seconds(30)
            await world.rest(atMost: min(report.lookAgain ?? rest, rest))
        }
        return ["Then: the model does not tell, see again when this has been done."]
    }

    private static func step(_ action: Action, after elapsed: Duration) -> String? {
        if action.effect.isNudge { return nil }
        let mark = action.effect.isDisruptive ? Terminal.yellow("!") : Terminal.dim("…")
        // what the model makes has made-up IDs; the subject says it better
        let phrase = action.effect.phrase.split(separator: " ").filter { !$0.hasPrefix("c100") }.joined(separator: " ")
        return "  \(mark) \(seconds(elapsed).paddedLeft(to: 7))  \(action.subject.text): \(phrase)"
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths = (duration / .milliseconds(100)).rounded()
        return "\(Int(tenths) / 10).\(Int(tenths) % 10) s"
    }
}

extension String {
    fileprivate func paddedLeft(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
