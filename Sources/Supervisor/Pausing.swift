public import Model

extension PlanningInput {
    /// Since when nothing is changed, by whom and why; nil while things are.
    public var pauseCondition: Condition? {
        let pause = pauses.first { $0.node == nil }
        var words: [String] = []
        if cluster.maintenance { words.append("maintenance is on in the manifest; nothing is changed until it is off") }
        if let pause { words.append("paused \(pause.text); nothing is changed until `controller resume`") }
        guard !words.isEmpty else { return nil }
        return Condition(
            .paused, .true, reason: cluster.maintenance ? "Maintenance" : "ByCommand",
            message: words.joined(separator: "; "))
    }
}
