import Foundation
import HTTPServer
import Logging
import Model
import Reconcilers
import Synchronization
import Testing

@testable import Controller
@testable import LiveWorld
@testable import PlanningFixtures
@testable import Supervisor

@Suite("Messages to people", .timeLimit(.minutes(1)))
struct NotificationTests {
    private static func message(_ number: Int, _ stage: IncidentMessage.Stage = .begun) -> IncidentMessage {
        IncidentMessage(
            cluster: "demo", incident: "demo/PrimaryAvailable/\(number)", kind: .availability, severity: .critical,
            stage: stage, object: "leadership", title: "PrimaryAvailable=False NoPrimary", text: "no node \"leads\"",
            since: "2026-11-23T05:58:35.651Z", time: "2026-11-23T06:00:00.000Z")
    }

    private func receiver(_ format: NotificationReceiver.Format, _ url: String = "http://127.0.0.1:1/")
        -> NotificationReceiver
    {
        var receiver = NotificationReceiver(name: "ops")
        receiver.format = format
        receiver.url = url
        return receiver
    }

    private func body(_ format: NotificationReceiver.Format, _ message: IncidentMessage) throws -> JSONValue {
        let bytes = try NotificationText.body(message, for: receiver(format))
        return try #require(JSONValue.parse(String(decoding: bytes, as: UTF8.self)))
    }

    @Test("each format has what its reader asks for")
    func formats() throws {
        let hook = try body(.webhook, Self.message(1))
        #expect(hook["stage"]?.string == "firing" && hook["severity"]?.string == "critical")
        #expect(hook["text"]?.string == "no node \"leads\"" && hook["kind"]?.string == "availability")
        let slack = try body(.slack, Self.message(1))["text"]?.string ?? ""
        #expect(
            slack.hasPrefix("[critical] demo: PrimaryAvailable=False NoPrimary (leadership)\nno node \"leads\"\nsince ")
        )
        #expect(try body(.slack, Self.message(1, .over))["text"]?.string?.hasPrefix("[over] demo: ") == true)
        #expect(try body(.teams, Self.message(1))["text"]?.string?.contains("\n\n") == true)
        let text = String(
            decoding: try NotificationText.body(Self.message(1), for: receiver(.alertmanager)), as: UTF8.self)
        #expect(text.hasPrefix("[{\"annotations\":{"))
        #expect(text.contains("\"alertname\":\"pg-controller: PrimaryAvailable\""))
        #expect(text.contains("\"startsAt\":\"2026-11-23T05:58:35.651Z\""))
        #expect(text.contains("\"endsAt\":\"2026-11-23T06:05:00.000Z\""))
        let over = String(
            decoding: try NotificationText.body(Self.message(1, .over), for: receiver(.alertmanager)), as: UTF8.self)
        #expect(over.contains("\"endsAt\":\"2026-11-23T06:00:00.000Z\""))
    }

    @Test(
        "addresses",
        arguments: [
            ("http://127.0.0.1:8080/a?b=c", "http://127.0.0.1:8080", "/a?b=c"),
            ("https://hooks.example.org/x", "https://hooks.example.org:443", "/x"),
            ("http://alerts", "http://alerts:80", "/"), ("http://[::1]:9093", "http://[::1]:9093", "/"),
            ("http://a?x=1", "http://a:80", "/?x=1"),
        ])
    func addresses(_ text: String, _ endpoint: String, _ target: String) throws {
        let address = try #require(WebAddress(text))
        #expect("\(address.endpoint)" == endpoint && address.target == target)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "ftp://a/", "http://", "http://u:p@a/", "http://a:0/", "http://a:70000/", "http://a/ b", "http://a/#x",
            "https:/a", "a.example.org",
        ])
    func noAddress(_ text: String) { #expect(WebAddress(text) == nil) }

    private func with(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "notify-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func report(_ receivers: [NotificationReceiver], second: Int = 0, _ conditions: [Condition] = [])
        -> PassReport
    {
        var fixture = PlanningFixture()
        fixture.cluster.notifications = receivers
        let now = Moment(uptime: .seconds(second), wallMilliseconds: 1_760_000_000_000 + Int64(second) * 1000)
        let input = PlanningInput(cluster: fixture.cluster, observation: fixture.observed, now: now)
        var report = PassReport(input: input, plan: Plan(input, reconcilers: []))
        report.conditions = conditions + [Condition(.ready, .true, reason: "", message: "")]
        return report
    }

    private let noPrimary = Condition(.primaryAvailable, .false, reason: "NoPrimary", message: "no node leads")

    @Test("a message waits in the file for each receiver that wants it, also over a restart")
    func kept() async throws {
        try await with { folder in
            var picky = receiver(.slack)
            picky.name = "picky"
            picky.kinds = [.backup]
            let path = folder + "/notifications.json"
            let box = Outbox(path: path)
            for second in [0, 10, 30] {
                _ = box.note(
                    report([receiver(.webhook), picky], second: second, second == 0 ? [] : [noPrimary]), events: [])
            }
            #expect(box.next(for: "ops")?.title == "PrimaryAvailable=False NoPrimary")
            #expect(box.next(for: "picky") == nil)
            let later = Outbox(path: path)
            #expect(later.next(for: "ops") == box.next(for: "ops"))
            if let message = later.next(for: "ops") { later.taken(message, by: "ops") }
            #expect(Outbox(path: path).next(for: "ops") == nil)
            // the incident goes on, and is not told again
            _ = later.note(report([receiver(.webhook)], second: 60, [noPrimary]), events: [])
            #expect(later.next(for: "ops") == nil)
            #expect(later.open.count == 1)
        }
    }

    @Test("an event that was written down before a crash, and not told, is told after it; older ones are not")
    func backlog() async throws {
        try await with { folder in
            func event(_ time: String) -> Event {
                Event(
                    time: time, cluster: "demo", kind: .action, object: "leadership", what: "failover at \(time)",
                    reason: "",
                    message: "", measured: Model.Measurement(.failover, seconds: 1))
            }
            let (first, second) = (event("2026-11-23T05:58:35.651Z"), event("2026-11-23T05:59:35.651Z"))
            let path = folder + "/notifications.json"
            // without a file nothing is news
            let box = Outbox(path: path, history: [first])
            _ = box.note(report([receiver(.webhook)]), events: [])
            #expect(box.next(for: "ops") == nil)
            _ = box.note(report([receiver(.webhook)], second: 1), events: [first])
            if let message = box.next(for: "ops") { box.taken(message, by: "ops") }
            let later = Outbox(path: path, history: [first, second])
            _ = later.note(report([receiver(.webhook)], second: 2), events: [])
            #expect(later.next(for: "ops")?.title == "failover at 2026-11-23T05:59:35.651Z")
        }
    }

    @Test("a receiver that takes nothing keeps so many messages, and the newest ones")
    func limited() async throws {
        try await with { folder in
            let box = Outbox(path: folder + "/notifications.json")
            for number in 0..<Outbox.limit + 5 { box.add(Self.message(number), for: "ops") }
            #expect(box.state(of: "ops") == (Outbox.limit, 5))
            #expect(box.next(for: "ops")?.incident.hasSuffix("/5") == true)
        }
    }

    @Test("what is refused is tried again, in order and until it is taken, and each message is taken once")
    func delivered() async throws {
        try await with { folder in
            let seen = Mutex<[String]>([])
            let (ports, listening) = AsyncStream<Int>.makeStream()
            let server = HTTPServer(host: "127.0.0.1", port: 0) { request in
                let count = seen.withLock { seen in
                    seen.append(
                        "\(request.path) \(String(decoding: request.body, as: UTF8.self).contains("Available/1"))")
                    return seen.count
                }
                return .text(count == 1 ? 500 : 200, "")
            }
            let serving = Task { try await server.run { listening.yield($0) } }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let ops = receiver(.webhook, "http://127.0.0.1:\(port)/hook")
            let box = Outbox(path: folder + "/notifications.json")
            let troubles = NotificationTroubles()
            let service = NotificationService(
                outbox: box, delivery: NotificationDelivery(secrets: SecretStore(directory: folder)),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, troubles: troubles)
            let running = Task { try await service.run() }
            box.add(Self.message(1), for: "ops")
            box.add(Self.message(2), for: "ops")
            _ = box.note(report([ops]), events: [])
            while box.next(for: "ops") != nil { try await Task.sleep(for: .milliseconds(10)) }
            #expect(seen.withLock { $0 } == ["/hook true", "/hook true", "/hook false"])
            while !troubles.conditions(box).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            running.cancel()
            serving.cancel()
            _ = await (running.result, serving.result)
        }
    }

    @Test("an error says nothing of the address, which may be a secret")
    func secretAddress() async throws {
        let delivery = NotificationDelivery(secrets: SecretStore(directory: "/nonexistent"))
        for url in ["http://127.0.0.1:1/token-in-the-path", "no address with a token-in-the-path"] {
            let error = await #expect(throws: (any Error).self) {
                try await delivery.send(Self.message(1), to: receiver(.webhook, url))
            }
            #expect(error.map { "\($0)".contains("token") } == false)
        }
    }
}
