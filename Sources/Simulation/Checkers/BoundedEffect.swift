internal import Model

/// I15: an interruption comes alone, few come in a minute, and nothing is repeated in a hot loop.
struct BoundedEffect: Sendable {
    let invariant = "I15 bounded effect"
    private var interruptions: [Duration] = []
    private var recent: [(effect: Effect, at: Duration)] = []

    init() {}

    mutating func asked(_ effects: [Effect], at now: Duration) -> String? {
        let disruptive = effects.filter(\.isDisruptive)
        if !disruptive.isEmpty, effects.count > 1 {
            return "\(disruptive[0].line) was asked for together with \(effects.count - 1) others"
        }
        if !disruptive.isEmpty {
            interruptions.removeAll { now - $0 > .seconds(60) }
            interruptions.append(now)
            // the worst faults: several networks in a row removed from under five members and five nodes
            if interruptions.count > 100 { return "\(interruptions.count) interruptions within a minute" }
        }
        recent.removeAll { now - $0.at > .seconds(30) }
        for effect in effects {
            if effect.isNudge { continue }
            recent.append((effect, now))
            let count = recent.filter { $0.effect == effect }.count
            if count > 12 { return "\(effect.line) was asked for \(count) times within 30 s" }
        }
        return nil
    }
}
