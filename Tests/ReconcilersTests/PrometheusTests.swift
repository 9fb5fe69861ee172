import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("The cluster's own Prometheus")
struct PrometheusTests {
    private func fixture(_ change: (inout PlanningFixture) -> Void = { _ in }) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.monitoring.prometheus.enabled = true
        fixture.engine.images.append(
            ImageSighting(reference: fixture.cluster.monitoring.prometheus.image, id: .present("sha256:prometheus")))
        var supervisor = ContainerView(
            id: "id-controller", name: "controller", image: "pg-controller/supervisor:dev",
            labels: [
                LabelValue(Label.cluster, "demo"), LabelValue(Label.component, Component.supervisor.rawValue),
            ], state: .running(startedAt: "t0"))
        supervisor.settings = ContainerSettings()
        fixture.engine.containers.append(supervisor)
        fixture.observation.supervisor = "id-controller"
        change(&fixture)
        return fixture
    }

    private func spec(_ fixture: PlanningFixture) -> ContainerSpec? {
        EngineScope(fixture.input).map { PrometheusSpec.container(scraping: "controller", at: $0) }
    }

    private func file(_ name: String, _ fixture: PlanningFixture) -> String? {
        spec(fixture)?.files.first { $0.path == "/etc/controller/\(name)" }?.content.filled { "<\($0)>" }
    }

    @Test("it gets a volume, then a container on the internal network, with the rules and a target for each part")
    func made() {
        let fixture = fixture()
        let volumes = Volumes().propose(fixture.input).actions.compactMap { action -> VolumeSpec? in
            if case .docker(_, .createVolume(let spec)) = action.effect { spec } else { nil }
        }
        #expect(volumes.map(\.name) == ["prometheus-data"])
        #expect(volumes.map(\.component) == [.prometheus])
        var ready = fixture
        ready.engine.volumes.append(
            VolumeView(
                name: "prometheus-data",
                labels: [LabelValue(Label.cluster, "demo"), LabelValue(Label.name, "prometheus")]))
        let proposal = Prometheus().propose(ready.input)
        let made = proposal.actions.compactMap { action -> ContainerSpec? in
            if case .docker(_, .createContainer(let spec)) = action.effect { spec } else { nil }
        }
        #expect(made.map(\.name) == ["prometheus"])
        #expect(made.first?.networks == [fixture.cluster.network.name])
        let configuration = file("prometheus.yml", fixture) ?? ""
        for text in [
            "- targets: [\"controller:9187\"]", "labels: {cluster: demo}",
            "__metrics_path__: /metrics/patroni/pg-node-3",
            "__metrics_path__: /metrics/etcd/etcd-1", "rule_files: [/etc/controller/alerts.yml]", "scheme: http\n",
        ] {
            #expect(configuration.contains(text), "\(text)")
        }
        #expect(file("alerts.yml", fixture)?.contains("alert: PostgresNoPrimary") == true)
    }

    @Test(
        "with TLS and a token it has the authority and the token in files of their own, and no secret in its configuration"
    )
    func guarded() {
        let fixture = fixture {
            $0.cluster.monitoring.tls = true
            $0.cluster.monitoring.tokenFile = "token"
        }
        #expect(file("token", fixture) == "<monitoring-token>")
        #expect(file("cluster.crt", fixture) == "<authorities>")
        let configuration = file("prometheus.yml", fixture) ?? ""
        #expect(
            configuration.contains("scheme: https") && configuration.contains("credentials_file: /etc/controller/token")
        )
        #expect(!configuration.contains("<"))
        #expect(spec(fixture)?.command.contains { $0.contains("token") } == false)
    }

    @Test("one more node or member makes other targets, and so the container again")
    func follows() {
        let small = fixture()
        let large = fixture { $0.cluster.nodes.count = 4 }
        #expect(file("prometheus.yml", small) != file("prometheus.yml", large))
    }

    @Test("a controller on the host cannot be scraped from a container, which is told; nothing is made")
    func withoutSupervisor() {
        let fixture = fixture { $0.observation.supervisor = nil }
        let proposal = Prometheus().propose(fixture.input)
        #expect(proposal.actions.isEmpty)
        #expect(proposal.conditions.map(\.reason) == ["NoTarget"])
    }

    @Test("it goes when it is switched off, and its volume stays")
    func removed() {
        var fixture = fixture()
        fixture.engine.volumes.append(
            VolumeView(
                name: "prometheus-data",
                labels: [
                    LabelValue(Label.cluster, "demo"), LabelValue(Label.name, "prometheus"),
                    LabelValue(Label.component, Component.prometheus.rawValue),
                ]))
        if let spec = spec(fixture) { fixture.add(spec) }
        fixture.cluster.monitoring.prometheus.enabled = false
        let effects = Prometheus().propose(fixture.input).actions.map(\.effect)
        #expect(effects == [.docker(.local, .stop("id-prometheus"))])
        let conditions = Volumes().propose(fixture.input).conditions.filter { $0.type == .retired }
        #expect(conditions.contains { $0.message.contains("prometheus-data is kept") })
    }
}
