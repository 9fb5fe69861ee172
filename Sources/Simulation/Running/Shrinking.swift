/// Making a failing run small: fewer faults that still fail in the same way (delta debugging).
extension Run {
    /// The same run with fewer faults.
    public func with(_ entries: [FaultSchedule.Entry]) -> Run {
        var smaller = Run(seed: seed, cluster: cluster, schedule: FaultSchedule(entries), faultsEnd: faultsEnd)
        smaller.passLimit = passLimit
        smaller.timeLimit = timeLimit
        return smaller
    }

    /// The smallest list of faults that was found to fail like `verdict`, in at most so many tries.
    public func shrunken<Controller: Controlling>(
        like verdict: Verdict, tries: Int = 150, makeController: @Sendable (SimulatedWorld) -> Controller
    ) async -> Run {
        var best = self
        var left = tries
        var width = max(1, schedule.entries.count / 2)
        while left > 0 {
            var start = 0
            var hasShrunk = false
            while start < best.schedule.entries.count, left > 0 {
                left -= 1
                var entries = best.schedule.entries
                entries.removeSubrange(start..<min(start + width, entries.count))
                let candidate = best.with(entries)
                if await candidate.run(makeController: makeController).verdict.isLike(verdict) {
                    best = candidate
                    hasShrunk = true
                } else {
                    start += width
                }
            }
            if width == 1, !hasShrunk { break }
            width = max(1, width / 2)
        }
        return best
    }

    /// What a person needs to see of a failure: one line that replays it, the kind, and the faults.
    public func report(_ verdict: Verdict) -> String {
        let what: String
        switch verdict {
        case .passed(_, let passes): what = "passed after \(passes) passes"
        case .unsafe(let violation): what = "safety: \(violation)"
        case .stuck(let pending, let waiting):
            what = "liveness: \(pending); the controller waits for: \(waiting.joined(separator: "; "))"
        }
        let faults = schedule.entries.map { entry in
            switch entry {
            case .timed(let at, let fault): "  at \(at.milliseconds) ms: \(fault.line)"
            case .call(let number, let fault): "  at call \(number): \(fault)"
            }
        }
        return (["make sim SEED=\(seed)", what] + faults).joined(separator: "\n")
    }
}
