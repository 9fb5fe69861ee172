import FoundationEssentials
import HTTPServer
import LiveWorld
import Manifest
import Model
import Monitoring
import Supervisor

/// What the HTTP server answers. It changes nothing.
struct MonitoringRoutes: Sendable {
    let settings: MonitoringSettings
    /// The names by which containers call it: the supervisor container's.
    let names: [String]
    /// The token that a request for metrics has to carry; nil for none. Throws where it cannot be read.
    let token: @Sendable () async throws -> String?
    /// The last pass; nil before the first one.
    let snapshot: @Sendable () -> ClusterSnapshot?
    /// What PostgreSQL and the poolers answer now.
    let statistics: @Sendable (ClusterSnapshot) async -> [MetricFamily]
    /// The metrics of a part of the cluster as they are; nil where there is no such part.
    let relayed: @Sendable (LiveWorld.MetricSource, ClusterSnapshot) async throws -> [UInt8]?
    /// Now.
    let now: @Sendable () async -> Moment
    /// The page; nil where there is none.
    var page: PageRoutes?

    func answer(_ request: ServerRequest) async -> ServerResponse {
        var response = await route(request)
        response.headers += [
            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", page == nil ? "default-src 'none'" : PageRoutes.contentSecurityPolicy),
        ]
        return response
    }

    private func route(_ request: ServerRequest) async -> ServerResponse {
        guard isKnown(host: request.header("Host")) else {
            return .text(421, "this server is not called by that name (spec.monitoring.hosts)\n")
        }
        if let answer = await page?.answer(request) { return answer }
        guard request.method == "GET" || request.method == "HEAD" else {
            return ServerResponse(405, headers: [("Allow", "GET, HEAD")])
        }
        switch request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
        case ["healthz"]: return await health()
        case ["readyz"]: return readiness()
        case ["metrics"]: return await protected(request) { await metrics($0) }
        case let parts where parts.first == "metrics" && parts.count == 3:
            let (kind, name) = (parts[parts.startIndex + 1], String(parts[parts.startIndex + 2]))
            return await protected(request) { await relay(kind: kind, name: name, $0) }
        case _: return .text(404, "there are /metrics, /healthz and /readyz\n")
        }
    }

    /// A page of another site may make a browser ask here under a name of its own (DNS rebinding), and read the answer. It
    /// cannot do so under an address.
    private func isKnown(host: String?) -> Bool {
        guard let host, !host.isEmpty else { return false }
        let name: Substring
        if host.hasPrefix("[") {
            name = host.dropFirst().prefix { $0 != "]" }
        } else {
            name = host.prefix { $0 != ":" }
        }
        let text = name.lowercased()
        return text == "localhost" || BindAddress.isAddress(text) || names.contains(text)
            || settings.hosts.contains { $0.lowercased() == text }
    }

    private func protected(
        _ request: ServerRequest, _ answer: (ClusterSnapshot) async -> ServerResponse
    ) async -> ServerResponse {
        do {
            if let token = try await token(), !BearerToken(token).matches(request.header("Authorization")) {
                return ServerResponse(
                    401, headers: [("WWW-Authenticate", "Bearer"), ("Content-Type", "text/plain; charset=utf-8")],
                    body: .whole(Array("a token is needed (spec.monitoring.tokenFile)\n".utf8)))
            }
        } catch {
            return .text(503, "the token file cannot be read\n")
        }
        guard let snapshot = snapshot() else { return .text(503, "nothing was seen yet\n") }
        return await answer(snapshot)
    }

    private func metrics(_ snapshot: ClusterSnapshot) async -> ServerResponse {
        let families = Families.of(snapshot) + (await statistics(snapshot))
        return .text(200, Exposition.text(families), type: Exposition.contentType)
    }

    private func relay(kind: Substring, name: String, _ snapshot: ClusterSnapshot) async -> ServerResponse {
        let source: LiveWorld.MetricSource
        switch kind {
        case "patroni": source = .patroni(NodeName(name))
        case "etcd": source = .etcd(ContainerName(name))
        case _: return .text(404, "there are /metrics/patroni/NODE and /metrics/etcd/MEMBER\n")
        }
        do {
            guard let text = try await relayed(source, snapshot) else { return .text(404, "it does not run\n") }
            return ServerResponse(200, headers: [("Content-Type", Exposition.contentType)], body: .whole(text))
        } catch {
            return .text(502, "it did not answer\n")
        }
    }

    /// Whether the loop turns: it looks at least once in a minute.
    private func health() async -> ServerResponse {
        guard let snapshot = snapshot() else { return .text(200, "starting\n") }
        let age = await now().uptime - snapshot.passedAt.uptime
        return age < .seconds(180)
            ? .text(200, "ok\n") : .text(503, "the last pass ended \(age.components.seconds) s ago\n")
    }

    private func readiness() -> ServerResponse {
        guard let snapshot = snapshot() else { return .text(503, "nothing was seen yet\n") }
        if snapshot.status.ready { return .text(200, "ok\n") }
        let ready = snapshot.status.conditions.first { $0.type == ConditionType.ready.rawValue }
        return .text(503, "\(ready?.reason ?? "Converging"): \(ready?.message ?? "")\n")
    }
}

/// A token, compared without telling by the time it takes how much of it was right.
struct BearerToken {
    private let expected: [UInt8]

    init(_ token: String) { expected = Array("Bearer \(token)".utf8) }

    func matches(_ header: String?) -> Bool {
        let given = Array((header ?? "").utf8)
        guard given.count == expected.count else { return false }
        return zip(given, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
