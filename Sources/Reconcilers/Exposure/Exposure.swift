public import Model

/// Tells of published ports where clients on other hosts may log in without TLS.
public struct Exposure: Reconciler {
    /// Its name in plans and events.
    public let name = "exposure"
    /// Creates the planner.
    public init() {}

    /// A condition, and nothing to do: the manifest wants it so.
    public func propose(_ input: PlanningInput) -> Proposal {
        let fields = input.cluster.exposedPorts
        guard !fields.isEmpty else { return Proposal() }
        return Proposal(conditions: [
            Condition(
                .exposed, .true, reason: "WithoutTLS",
                message:
                    "\(fields.joined(separator: " and ")): clients on other hosts reach this port and may come without TLS; "
                    + "what they read and write can be read on the way. Set spec.tls.required: true")
        ])
    }
}
