import HTTPServer
import LiveWorld
import Model
import Monitoring
import Reconcilers
import Supervisor
import Testing

@testable import Controller
@testable import PlanningFixtures
@testable import Supervisor

@Suite("What the HTTP server answers")
struct MonitoringRoutesTests {
    struct Unreadable: Error {}

    private func snapshot(_ fixture: PlanningFixture = PlanningFixture()) -> ClusterSnapshot {
        let plan = Plan(fixture.input, reconcilers: Reconcilers.all)
        let report = PassReport(input: fixture.input, plan: plan)
        return ClusterSnapshot(
            report: report,
            status: StatusReport(input: fixture.input, conditions: report.conditions, waiting: plan.waiting),
            counts: MonitoringCounts(), measured: LatestMeasurements(), passedAt: PlanningFixture.now,
            passDuration: .zero)
    }

    private func routes(
        hosts: [String] = [], token: @escaping @Sendable () throws -> String? = { nil }, seen: Bool = true,
        now: Duration = .zero, relayed: [UInt8]? = Array("etcd_server_has_leader 1\n".utf8)
    ) -> MonitoringRoutes {
        var settings = MonitoringSettings()
        settings.hosts = hosts
        let snapshot = seen ? snapshot() : nil
        return MonitoringRoutes(
            settings: settings, names: ["controller"], token: token, snapshot: { snapshot },
            statistics: { _ in [MetricFamily("pg_up", .gauge, "Up.", [MetricSample(1, "node", "pg-node-1")])] },
            relayed: { source, _ in
                if case .patroni("broken") = source { throw Unreadable() }
                return relayed
            },
            now: { PlanningFixture.now.after(now) })
    }

    private func get(
        _ path: String, host: String? = "127.0.0.1:9187", authorization: String? = nil, method: String = "GET"
    ) -> ServerRequest {
        var headers: [(name: String, value: String)] = []
        if let host { headers.append(("Host", host)) }
        if let authorization { headers.append(("Authorization", authorization)) }
        return ServerRequest(method: method, target: path, headers: headers)
    }

    private func body(_ response: ServerResponse) -> String {
        if case .whole(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    @Test("metrics of the pass and of PostgreSQL, with the type that Prometheus 3 asks for")
    func metrics() async {
        let response = await routes().answer(get("/metrics"))
        #expect(response.status == 200)
        #expect(
            response.headers.contains {
                $0.name == "Content-Type" && $0.value == "text/plain; version=0.0.4; charset=utf-8"
            })
        #expect(body(response).contains("pg_controller_primaries 1\n"))
        #expect(body(response).contains("pg_up{node=\"pg-node-1\"} 1\n"))
    }

    @Test(
        "it is called by addresses, localhost, its own name and the manifest's, and by no other",
        arguments: [
            ("127.0.0.1:9187", true), ("127.0.0.1", true), ("[::1]:9187", true), ("localhost:9187", true),
            ("LOCALHOST", true), ("controller:9187", true), ("metrics.example.org", true),
            ("Metrics.Example.Org:1", true),
            ("192.0.2.7:9187", true), ("evil.example.org", false), ("127.0.0.1.evil.example.org", false),
            ("localhost.evil.example.org:9187", false), ("256.1.1.1", false), ("1.2.3", false), ("", false),
            ("[evil", false),
        ])
    func hosts(_ host: String, _ isKnown: Bool) async {
        let response = await routes(hosts: ["metrics.example.org"]).answer(get("/metrics", host: host))
        #expect((response.status == 200) == isKnown, "\(host): \(response.status)")
    }

    @Test("a request without a host, or with two, is refused")
    func hostless() async {
        #expect(await routes().answer(get("/metrics", host: nil)).status == 421)
        let twice = ServerRequest(
            method: "GET", target: "/metrics", headers: [("Host", "localhost"), ("Host", "localhost")])
        #expect(await routes().answer(twice).status == 421)
    }

    @Test("where there is a token, metrics need it whole; health needs none")
    func token() async {
        let guarded = routes(token: { "secret" })
        for wrong in [
            nil, "", "secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secrett", "bearer secret", "Basic secret",
        ] {
            let response = await guarded.answer(get("/metrics", authorization: wrong))
            #expect(response.status == 401, "\(wrong ?? "none")")
            #expect(!body(response).contains("pg_"))
            #expect(await guarded.answer(get("/metrics/etcd/etcd-1", authorization: wrong)).status == 401)
        }
        #expect(await guarded.answer(get("/metrics", authorization: "Bearer secret")).status == 200)
        #expect(await guarded.answer(get("/healthz")).status == 200)
    }

    @Test("a token that cannot be read opens nothing")
    func unreadableToken() async {
        let response = await routes(token: { throw Unreadable() }).answer(get("/metrics", authorization: "Bearer "))
        #expect(response.status == 503)
    }

    @Test("what changes something is refused")
    func methods() async {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            #expect(await routes().answer(get("/metrics", method: method)).status == 405)
        }
        #expect(await routes().answer(get("/metrics", method: "HEAD")).status == 200)
    }

    @Test("Patroni's and etcd's own metrics are passed on; a part that is not there is not found")
    func relayed() async {
        let response = await routes().answer(get("/metrics/etcd/etcd-1"))
        #expect((response.status, body(response)) == (200, "etcd_server_has_leader 1\n"))
        #expect(await routes(relayed: nil).answer(get("/metrics/etcd/other")).status == 404)
        #expect(await routes().answer(get("/metrics/patroni/broken")).status == 502)
        for path in [
            "/metrics/etcd", "/metrics/docker/x", "/metrics/etcd/a/b", "/metrics/", "/other", "/", "//metrics",
        ] {
            #expect(await routes().answer(get(path)).status == 404, "\(path)")
        }
    }

    @Test("health is the loop's: it looks at least once in a minute")
    func health() async {
        #expect(await routes(now: .seconds(179)).answer(get("/healthz")).status == 200)
        #expect(await routes(now: .seconds(181)).answer(get("/healthz")).status == 503)
        #expect(await routes(seen: false).answer(get("/healthz")).status == 200)
    }

    @Test("readiness is the cluster's, and says why where it is not ready")
    func readiness() async {
        #expect(await routes(seen: false).answer(get("/readyz")).status == 503)
        #expect(await routes(seen: false).answer(get("/metrics")).status == 503)
        let response = await routes().answer(get("/readyz"))
        #expect(response.status == 200, "\(body(response))")
    }

    @Test("no answer is stored or guessed at by a browser")
    func headers() async {
        for path in ["/metrics", "/healthz", "/other"] {
            let names = Set(await routes().answer(get(path)).headers.map(\.name))
            #expect(names.isSuperset(of: ["Cache-Control", "X-Content-Type-Options", "Content-Security-Policy"]))
        }
    }
}

@Suite("What the loop leaves for the HTTP server")
struct MonitoringBoardTests {
    private func report(_ change: (inout Cluster) -> Void = { _ in }) -> PassReport {
        var fixture = PlanningFixture()
        change(&fixture.cluster)
        return PassReport(input: fixture.input, plan: Plan(fixture.input, reconcilers: Reconcilers.all))
    }

    @Test("the settings are told when they change, and only then")
    func settings() async {
        let board = MonitoringBoard()
        for port in [9187, 9187, 9188, 9188, 9189] {
            board.note(report { $0.monitoring.port = port }, events: [], at: PlanningFixture.now, took: .zero)
        }
        // the newest is kept for a slow reader
        var settings = board.settings.makeAsyncIterator()
        #expect(await settings.next()?.port == 9189)
    }

    @Test("the snapshot is that of the last pass, and counts all of them")
    func snapshot() {
        let board = MonitoringBoard()
        #expect(board.snapshot == nil)
        for _ in 0..<3 { board.note(report(), events: [], at: PlanningFixture.now, took: .seconds(1)) }
        #expect(board.snapshot?.counts.passes == 3)
        #expect(board.snapshot?.passDuration == .seconds(1))
    }

    @Test("a server that does not listen is a condition that says why; one that is off is none")
    func conditions() {
        let board = MonitoringBoard()
        var settings = MonitoringSettings()
        #expect(board.conditions(of: settings).map(\.status) == [.true])
        board.note(trouble: "address already in use")
        #expect(board.conditions(of: settings).map(\.status) == [.false])
        #expect(board.conditions(of: settings).first?.message.contains("address already in use") == true)
        settings.enabled = false
        #expect(board.conditions(of: settings).isEmpty)
    }
}
