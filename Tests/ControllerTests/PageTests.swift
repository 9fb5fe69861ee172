import Foundation
import HTTPServer
import Logging
import Model
import Monitoring
import Reconcilers
import Testing

@testable import Controller
@testable import LiveWorld
@testable import PlanningFixtures
@testable import Supervisor

@Suite("The page's server", .timeLimit(.minutes(1)))
struct PageTests {
    private func report(_ change: (inout PlanningFixture) -> Void = { _ in }, second: Int = 0) -> PassReport {
        var fixture = PlanningFixture()
        change(&fixture)
        let now = Moment(uptime: .seconds(second), wallMilliseconds: 1_760_000_000_000 + Int64(second) * 1000)
        let input = PlanningInput(cluster: fixture.cluster, observation: fixture.observed, now: now)
        return PassReport(input: input, plan: Plan(input, reconcilers: Reconcilers.all))
    }

    private func page(_ board: MonitoringBoard = MonitoringBoard(), token: String? = "secret") -> PageRoutes {
        PageRoutes(
            board: board, streams: board.streams,
            actions: PageActions(
                session: { () throws(Failure) -> Session in throw Failure(.badInput, "no session in this test") },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            token: {
                guard let token else { throw Failure("no token") }
                return token
            })
    }

    private func board(_ events: [Event] = []) -> MonitoringBoard {
        let board = MonitoringBoard()
        board.note(report(), events: events, at: PlanningFixture.now, took: .zero)
        return board
    }

    private func body(_ response: ServerResponse?) throws -> JSONValue {
        guard case .whole(let bytes)? = response?.body else { return .null }
        return try #require(JSONValue.parse(String(decoding: bytes, as: UTF8.self)))
    }

    private func post(_ path: String, _ body: String, _ headers: [(name: String, value: String)]) -> ServerRequest {
        ServerRequest(method: "POST", target: path, headers: headers, body: Array(body.utf8), peer: "192.0.2.1")
    }

    @Test("the files are there, and nothing else of the disk")
    func files() async {
        for path in ["/", "/page.css", "/page.js"] {
            #expect(await page().answer(ServerRequest(method: "GET", target: path))?.status == 200, "\(path)")
        }
        for path in ["/index.html/", "/../etc/passwd", "/page", "/page.js/", "//"] {
            #expect(await page().answer(ServerRequest(method: "GET", target: path)) == nil, "\(path)")
        }
    }

    @Test("the state has what the page shows, and no secret")
    func state() async throws {
        let event = Event(
            time: "2026-11-23T05:58:35.651Z", cluster: "demo", kind: .action, object: "leadership", what: "failover",
            reason: "", message: "0.7 s", measured: Model.Measurement(.failover, seconds: 0.7))
        let board = board([event])
        _ = board.sample(at: PlanningFixture.now)
        let response = await page(board).answer(ServerRequest(method: "GET", target: "/api/state"))
        let state = try body(response)
        #expect(state["status"]?["cluster"]?.string == "demo")
        #expect(state["verbs"] == .array(["switchover", "backup", "pause", "resume"].map { .string($0) }))
        guard case .whole(let bytes)? = response?.body else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\"changes\":[{\"at\":\"2026-11-23T05:58:35.651Z\",\"kind\":\"failover\""))
        #expect(text.contains("\"writable\":[true]"))
        #expect(!text.contains("secret"))
    }

    @Test("a verb needs the token, and the name typed; a request of another site is refused before that")
    func guarded() async throws {
        let page = page(board())
        let good: [(name: String, value: String)] = [
            ("Authorization", "Bearer secret"), ("Host", "localhost:9187"), ("Origin", "http://localhost:9187"),
        ]
        func status(_ headers: [(name: String, value: String)], _ body: String = #"{"confirm":"demo"}"#) async -> Int? {
            await page.answer(post("/api/actions/switchover", body, headers))?.status
        }
        // as far as the session, which this test has not
        #expect(await status(good) == 409)
        #expect(
            try body(await page.answer(post("/api/actions/switchover", #"{"confirm":"demo"}"#, good)))["message"]?
                .string == "no session in this test")
        #expect(await status([("Host", "localhost:9187"), ("Origin", "http://localhost:9187")]) == 401)
        #expect(await status([("Authorization", "Bearer wrong"), ("Host", "a"), ("Origin", "http://a")]) == 401)
        #expect(
            await status([
                ("Authorization", "Bearer secret"), ("Host", "localhost:9187"), ("Origin", "http://evil.example.org"),
            ]) == 403)
        #expect(await status(good + [("Sec-Fetch-Site", "cross-site")]) == 403)
        #expect(await status(good + [("Sec-Fetch-Site", "same-site")]) == 403)
        #expect(
            await status([("Authorization", "Bearer secret"), ("Host", "a"), ("Sec-Fetch-Site", "same-origin")]) == 403)
        #expect(await status(good, "{") == 409)
        #expect(await page.answer(post("/api/actions/destroy", "{}", good))?.status == 404)
        // without a token nothing opens
        let closed = self.page(board(), token: nil)
        #expect(await closed.answer(post("/api/actions/switchover", "{}", good))?.status == 503)
    }

    @Test("each verb says what it interrupts, and what has to be typed")
    func offers() async throws {
        let page = page(board())
        let headers = [(name: "Authorization", value: "Bearer secret")]
        for (target, confirm) in [
            ("switchover", "demo"), ("backup", "demo"), ("pause", "demo"), ("pause?node=pg-node-2", "pg-node-2"),
            ("resume?node=other", "other"),
        ] {
            let answer = try body(
                await page.answer(ServerRequest(method: "GET", target: "/api/actions/\(target)", headers: headers)))
            #expect(answer["confirm"]?.string == confirm, "\(target)")
            #expect(answer["price"]?.string?.isEmpty == false)
        }
    }

    @Test(
        "a stream begins with the status, and gets a new one, an event and a sample; an equal status is not sent again")
    func streamed() async throws {
        let board = board()
        let response = await page(board).answer(ServerRequest(method: "GET", target: "/api/stream"))
        guard case .stream(let stream)? = response?.body else {
            Issue.record("no stream")
            return
        }
        let event = Event(
            time: "t", cluster: "demo", kind: .notice, object: "o", what: "one\ntwo", reason: "", message: "")
        board.note(report(), events: [], at: PlanningFixture.now, took: .zero)
        board.note(report(second: 1), events: [], at: PlanningFixture.now, took: .zero)
        board.note(report({ $0.stop("pg-node-3") }, second: 2), events: [event], at: PlanningFixture.now, took: .zero)
        if let sample = board.sample(at: PlanningFixture.now) { board.streams.send("sample", sample) }
        var pieces: [String] = []
        for await piece in stream {
            pieces.append(String(decoding: piece, as: UTF8.self))
            if pieces.last?.hasPrefix("event: sample") == true { break }
        }
        #expect(pieces.first == "retry: 1000\n\n")
        let names = pieces.dropFirst().map { $0.split(separator: "\n")[0] }
        #expect(names == ["event: state", "event: state", "event: state", "event: event", "event: sample"])
        for piece in pieces.dropFirst() {
            #expect(piece.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
        }
    }

    @Test("no more browsers than there may be, and one that leaves makes room")
    func limited() async {
        let streams = PageStreams()
        var open = (0..<PageStreams.limit).map { _ in streams.open(nil) }
        #expect(open.allSatisfy { $0 != nil } && streams.open(nil) == nil)
        open.removeAll()
        // the end of a stream nobody has any more is noticed by its continuation
        let another = streams.open(nil)
        #expect(another != nil)
        #expect(streams.isWatched)
    }

    @Test("samples are kept for so long, also of nodes that come later")
    func samples() {
        var history = SampleHistory()
        let first = report()
        var early = StatusReport(input: first.input, conditions: [], waiting: [])
        let late = early
        early.nodes.removeAll { $0.name == "pg-node-3" }
        for number in 0..<SampleHistory.length + 10 {
            history.add(SampleHistory.Sample(first, number < 20 ? early : late, at: first.input.now))
        }
        #expect(history.seconds.count == SampleHistory.length)
        #expect(history.lag["pg-node-3"]?.prefix(10).allSatisfy { $0 == nil } == true)
        #expect(history.lag["pg-node-3"]?.dropFirst(10).allSatisfy { $0 != nil } == true)
        #expect(history.seconds.count == history.writable.count && history.seconds.count == history.sessions.count)
        #expect(history.lag.values.allSatisfy { $0.count == history.seconds.count })
        #expect(history.writable.allSatisfy { $0 == true })
    }
}
