public import Model

/// Tells of published ports where clients on other hosts may log in without TLS or read metrics, and of containers on the internal network that are
/// not the cluster's.
public struct Exposure: Reconciler {
    /// Its name in plans and events.
    public let name = "exposure"
    /// Creates the planner.
    public init() {}

    /// Conditions, and nothing to do: the manifest wants the one so, and a person the other.
    public func propose(_ input: PlanningInput) -> Proposal {
        Proposal(conditions: [ports(input), metrics(input), foreigners(input)].compactMap(\.self))
    }

    private func ports(_ input: PlanningInput) -> Condition? {
        let fields = input.cluster.exposedPorts
        guard !fields.isEmpty else { return nil }
        return Condition(
            .exposed, .true, reason: "WithoutTLS",
            message:
                "\(fields.joined(separator: " and ")): clients on other hosts reach this port and may come without TLS; "
                + "what they read and write can be read on the way. Set spec.tls.required: true")
    }

    private func metrics(_ input: PlanningInput) -> Condition? {
        let monitoring = input.cluster.monitoring
        guard monitoring.enabled, !BindAddress.isLoopback(monitoring.bindAddress),
            monitoring.tokenFile == nil || !monitoring.tls || monitoring.page
        else { return nil }
        let lacks =
            (monitoring.tokenFile == nil ? ["tokenFile"] : []) + (monitoring.tls ? [] : ["tls: true"])
            + (monitoring.page ? ["page: false"] : [])
        return Condition(
            .exposed, .true, reason: "Metrics",
            message:
                "spec.monitoring.bindAddress: other hosts reach the metrics and the page, which name databases, roles and sizes. Set "
                + "spec.monitoring.\(lacks.joined(separator: " and spec.monitoring."))",
            subject: .cluster)
    }

    /// Containers that reach the ports of etcd, Patroni and pgBackRest, though these refuse whatever has no certificate of the
    /// cluster's.
    private func foreigners(_ input: PlanningInput) -> Condition? {
        guard let scope = EngineScope(input), let network = scope.network else { return nil }
        let foreign = scope.engine.containers.filter { seen in
            network.endpoints.contains(seen.id) && !scope.owns(seen.labels) && seen.id != input.observation.supervisor
                && seen.labels.value(of: Label.component) != Component.supervisor.rawValue
        }
        guard let first = foreign.first else { return nil }
        let clients = input.cluster.network.clientsName
        return Condition(
            .exposed, .true, reason: "OnInternalNetwork",
            message:
                "network \(network.name) is for the cluster's own containers. On it without need: "
                + "\(foreign.map(\.name.text).joined(separator: ", ")). `docker network connect \(clients) \(first.name)`, then "
                + "`docker network disconnect \(network.name) \(first.name)`",
            subject: .network(scope.engineID, network.name))
    }
}
