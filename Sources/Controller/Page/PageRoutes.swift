import FoundationEssentials
import HTTPServer
import Model
import Monitoring
import Supervisor

/// The page and what it asks for. Without the token it can only be read.
struct PageRoutes: Sendable {
    let board: MonitoringBoard
    let streams: PageStreams
    let actions: PageActions
    /// What opens the verbs; throws where it is not to be had.
    let token: @Sendable () async throws -> String

    /// Nothing from outside, nothing inline, and in no frame.
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"

    /// The answer to what belongs to the page; nil for all else.
    func answer(_ request: ServerRequest) async -> ServerResponse? {
        if request.method == "GET" || request.method == "HEAD", let file = PageFiles.file(at: request.path) {
            return file
        }
        switch (request.method, request.path) {
        case ("GET", "/api/state"): return state()
        case ("GET", "/api/stream"): return stream()
        case (_, let path) where path.hasPrefix("/api/actions/"):
            guard let verb = PageActions.Verb(rawValue: String(path.dropFirst("/api/actions/".count))) else {
                return .text(404, "there is no such action\n")
            }
            return await act(verb, request)
        case (_, _): return nil
        }
    }

    private func state() -> ServerResponse {
        guard let snapshot = board.snapshot else { return .text(503, "nothing was seen yet\n") }
        let changes = board.changes
        let price = PlanPrice(MeasuredHistory(changes), from: snapshot.report.input)
        return PageRoutes.json(
            200,
            PageState(
                status: snapshot.status, graphs: board.samples, events: board.events,
                changes: changes.compactMap(PageState.Change.init),
                plan: PageState.Step.list(snapshot.report, price), verbs: PageActions.Verb.allCases.map(\.rawValue)))
    }

    private func stream() -> ServerResponse {
        guard let stream = streams.open(board.snapshot?.status) else {
            return .text(503, "too many browsers look already\n")
        }
        return ServerResponse(200, headers: [("Content-Type", "text/event-stream")], body: .stream(stream))
    }

    private func act(_ verb: PageActions.Verb, _ request: ServerRequest) async -> ServerResponse {
        func say(_ status: Int, _ message: String) -> ServerResponse { PageRoutes.json(status, ["message": message]) }
        // a page of another site cannot send the token; it is refused before that is looked at
        guard PageRoutes.isOwn(request) else { return say(403, "the request comes from another site") }
        guard let token = try? await token() else {
            return say(503, "the token cannot be read: does a controller run?")
        }
        do {
            guard BearerToken(token).matches(request.header("Authorization")) else {
                // guessing is slow
                try? await Task.sleep(for: .milliseconds(300))
                return say(401, "the token is wrong: `controller token` prints it")
            }
            guard let report = board.snapshot?.report else { return say(503, "nothing was seen yet") }
            switch request.method {
            case "GET":
                let node = PageRoutes.argument("node", in: request.query)
                let (price, confirm) = actions.offer(verb, node: node, report, MeasuredHistory(board.changes))
                return PageRoutes.json(200, ["price": price, "confirm": confirm])
            case "POST":
                guard let arguments = try? JSONDecoder().decode(PageActions.Arguments.self, from: Data(request.body))
                else {
                    return say(409, "the request is none that this page makes")
                }
                return say(202, try await actions.ask(verb, arguments, from: request.peer))
            case _: return say(405, "ask with GET, do with POST")
            }
        } catch let failure as Failure {
            return say(409, Terminal.plain(failure.message))
        } catch {
            return say(409, "\(error)")
        }
    }

    /// Whether a request comes from the page itself: a browser says so, and something else than a browser need not.
    static func isOwn(_ request: ServerRequest) -> Bool {
        if let site = request.header("Sec-Fetch-Site"), site != "same-origin" { return false }
        guard let origin = request.header("Origin") else {
            // a browser sends it with every POST
            return request.method == "GET" || request.header("Sec-Fetch-Site") == nil
        }
        guard let host = request.header("Host") else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    /// The value of a plain name in a query: node names need no percent-encoding.
    private static func argument(_ name: String, in query: String) -> String? {
        for pair in query.split(separator: "&") where pair.hasPrefix("\(name)=") {
            let value = String(pair.dropFirst(name.count + 1))
            return value.isEmpty ? nil : value
        }
        return nil
    }

    private static func json(_ status: Int, _ value: some Encodable) -> ServerResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return .text(500, "the answer could not be written\n") }
        return ServerResponse(status, headers: [("Content-Type", "application/json")], body: .whole(Array(data)))
    }
}
