import Model
import Reconcilers
import Supervisor

/// What only the controller knows: whether the cluster is as wanted, what it does about it, and what changes of the primary
/// have cost.
enum ControllerFamilies {
    static func families(_ snapshot: ClusterSnapshot) -> [MetricFamily] {
        loop(snapshot) + conditions(snapshot.status) + changes(snapshot) + redundancy(snapshot.report.input)
            + certificates(snapshot.report.input) + objects(snapshot.report.input)
            + VolumeFamilies.families(snapshot.report.input)
    }

    private static func loop(_ snapshot: ClusterSnapshot) -> [MetricFamily] {
        let status = snapshot.status
        let counts = snapshot.counts
        return [
            MetricFamily(
                "pg_controller_info", .gauge, "The cluster that this controller keeps.",
                [MetricSample(1, "cluster", status.cluster)]),
            MetricFamily(
                "pg_controller_ready", .gauge, "1 while everything is as the manifest wants it.",
                value: status.ready ? 1 : 0),
            MetricFamily("pg_controller_passes_total", .counter, "Passes.", value: Double(counts.passes)),
            MetricFamily(
                "pg_controller_last_pass_timestamp_seconds", .gauge, "When the last pass ended.",
                value: Double(snapshot.passedAt.wallMilliseconds) / 1000),
            MetricFamily(
                "pg_controller_last_pass_duration_seconds", .gauge, "How long the last pass took.",
                value: snapshot.passDuration / .seconds(1)),
            MetricFamily(
                "pg_controller_actions_total", .counter, "Actions by their outcome.", samples(counts.actions, "outcome")
            ),
            MetricFamily(
                "pg_controller_guard_refusals_total", .counter, "Actions that a guard refused, by invariant.",
                samples(counts.refusals, "invariant")),
            MetricFamily(
                "pg_controller_events_total", .counter, "Events by their kind.", samples(counts.events, "kind")),
            MetricFamily(
                "pg_controller_pending_changes", .gauge, "Actions that are wanted and not done now.",
                value: Double(status.pending.count)),
            MetricFamily(
                "pg_controller_paused", .gauge, "1 while a person wants the whole cluster left alone.",
                value: status.pauses.contains { $0.node == nil } ? 1 : 0),
        ]
    }

    private static func samples(_ counts: [String: Int], _ label: String) -> [MetricSample] {
        counts.sorted { $0.key < $1.key }.map { MetricSample(Double($0.value), label, $0.key) }
    }

    private static func conditions(_ status: StatusReport) -> [MetricFamily] {
        func labels(_ line: StatusReport.ConditionLine) -> [MetricLabel] {
            [MetricLabel("type", line.type), MetricLabel("object", line.object)]
        }
        return [
            MetricFamily(
                "pg_controller_condition", .gauge,
                "1 for each condition that the controller tells, by its status and reason.",
                status.conditions.map {
                    MetricSample(
                        1, labels($0) + [MetricLabel("status", $0.status), MetricLabel("reason", $0.reason)])
                }),
            MetricFamily(
                "pg_controller_condition_bad", .gauge, "1 where a condition is a bad sign.",
                status.conditions.map { MetricSample($0.bad ? 1 : 0, labels($0)) }),
        ]
    }

    private static func changes(_ snapshot: ClusterSnapshot) -> [MetricFamily] {
        let failover = snapshot.measured[.failover]
        let pause = snapshot.measured[.clientPause]
        func seconds(_ time: Timestamp?) -> Double? { time.map { Double($0.microseconds) / 1_000_000 } }
        return [
            MetricFamily(
                "pg_controller_failovers_total", .counter, "Failovers that came to their end.",
                value: Double(snapshot.counts.failovers)),
            MetricFamily(
                "pg_controller_last_failover_timestamp_seconds", .gauge, "When the newest failover ended.",
                value: seconds(failover?.at)),
            MetricFamily(
                "pg_controller_last_failover_outage_seconds", .gauge,
                "From the death of the primary to the first write that was proven, in the newest failover.",
                value: failover?.seconds),
            MetricFamily(
                "pg_controller_switchovers_total", .counter, "Switchovers behind the poolers that came to their end.",
                value: Double(snapshot.counts.switchovers)),
            MetricFamily(
                "pg_controller_last_switchover_timestamp_seconds", .gauge, "When the newest switchover ended.",
                value: seconds(pause?.at)),
            MetricFamily(
                "pg_controller_last_switchover_client_pause_seconds", .gauge,
                "How long the poolers' clients were paused in the newest switchover.", value: pause?.seconds),
        ]
    }

    /// What may still die before something stops.
    private static func redundancy(_ input: PlanningInput) -> [MetricFamily] {
        let observation = input.observation
        let cluster = input.cluster
        let endpoints = observation.etcd.value?.endpoints ?? []
        let healthy = endpoints.filter { ($0.status.value?.leaderID ?? 0) != 0 }.count
        let quorum = cluster.etcd.members / 2 + 1
        let members = cluster.nodeNames.map { (node: $0, view: observation.member($0).value) }
        let streaming = members.filter { $0.view?.role == .replica && $0.view?.isStreaming == true }.count
        let primaries = members.filter { $0.view?.role == .primary && $0.view?.state == .running }.count
        let wanted = cluster.postgres.synchronous.mode == .off ? 0 : cluster.postgres.synchronous.number
        return [
            MetricFamily(
                "pg_controller_etcd_quorum_margin", .gauge,
                "etcd members that may still be lost; below 0 there is no quorum.", value: Double(healthy - quorum)),
            MetricFamily(
                "pg_controller_etcd_database_bytes", .gauge, "The size of each etcd member's store.",
                endpoints.compactMap { endpoint in
                    endpoint.status.value.map {
                        MetricSample(Double($0.databaseBytes), "member", endpoint.container.text)
                    }
                }),
            MetricFamily(
                "pg_controller_etcd_quota_bytes", .gauge, "The size of a store at which etcd takes no more writes.",
                value: Double(cluster.etcd.quota.bytes)),
            MetricFamily(
                "pg_controller_primaries", .gauge, "Nodes that run as a primary.", value: Double(primaries)),
            MetricFamily(
                "pg_controller_nodes_wanted", .gauge, "Nodes that the manifest asks for.",
                value: Double(cluster.nodes.count)),
            MetricFamily(
                "pg_controller_replicas_streaming", .gauge, "Replicas that stream.", value: Double(streaming)),
            MetricFamily(
                "pg_controller_synchronous_standbys", .gauge, "Standbys that a commit may wait for.",
                value: observation.dcs.value.map { Double($0.synchronous?.standbys.count ?? 0) }),
            MetricFamily(
                "pg_controller_synchronous_margin", .gauge,
                "Streaming replicas that may still be lost before a commit waits for too few; below 0 it does.",
                value: wanted == 0 ? nil : Double(streaming - wanted)),
        ]
    }

    private static func certificates(_ input: PlanningInput) -> [MetricFamily] {
        let identity = input.observation.identity
        var samples = identity.certificates.map {
            MetricSample(Double($0.notAfter.microseconds) / 1_000_000, "certificate", $0.principal.text)
        }
        samples += identity.authorities.map {
            MetricSample(
                Double($0.notAfter.microseconds) / 1_000_000, "certificate", "authority (\($0.place.rawValue))")
        }
        if let end = identity.own?.notAfter {
            samples.append(MetricSample(Double(end.microseconds) / 1_000_000, "certificate", "spec.tls"))
        }
        return [
            MetricFamily(
                "pg_controller_certificate_expiry_timestamp_seconds", .gauge, "When a certificate ends.", samples)
        ]
    }

    private static func objects(_ input: PlanningInput) -> [MetricFamily] {
        guard let engine = input.cluster.engines.first.flatMap({ input.observation.engine($0.name).value }) else {
            return []
        }
        let ours = engine.containers.filter { $0.labels.value(of: Label.cluster) == input.cluster.name.text }
        func component(_ container: ContainerView) -> [MetricLabel] {
            [
                MetricLabel("container", container.name.text),
                MetricLabel("component", container.labels.value(of: Label.component) ?? ""),
            ]
        }
        return [
            MetricFamily(
                "pg_controller_container_running", .gauge, "1 while a container of the cluster runs.",
                ours.map { MetricSample($0.state.isRunning ? 1 : 0, component($0)) }),
            MetricFamily(
                "pg_controller_container_restarts", .gauge,
                "How often Docker's restart policy has started a container.",
                ours.map { MetricSample(Double($0.restartCount), component($0)) }),
            MetricFamily(
                "pg_controller_volumes_retained", .gauge, "Volumes that are kept though nothing uses them.",
                value: input.observation.dcs.value.map { Double($0.retired.count) }),
            MetricFamily(
                "pg_controller_image_packages_timestamp_seconds", .gauge, "Of when the packages of an image are.",
                engine.images.compactMap { image in
                    image.builtAt.map {
                        MetricSample(Double($0.microseconds) / 1_000_000, "image", image.reference.text)
                    }
                }),
        ]
    }
}
