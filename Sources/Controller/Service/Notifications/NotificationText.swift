import FoundationEssentials
import HTTPTransport
import Model
import Supervisor

/// A message as a receiver takes it.
enum NotificationText {
    /// The body, as JSON.
    static func body(_ message: IncidentMessage, for receiver: NotificationReceiver) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        switch receiver.format {
        case .webhook: return Array(try encoder.encode(message))
        case .slack: return Array(try encoder.encode(["text": text(message, lineBreak: "\n")]))
        case .teams: return Array(try encoder.encode(["text": text(message, lineBreak: "\n\n")]))
        case .alertmanager: return Array(try encoder.encode([Alert(message)]))
        }
    }

    /// A few lines for people.
    static func text(_ message: IncidentMessage, lineBreak: String) -> String {
        let head =
            switch message.stage {
            case .begun: "[\(message.severity.rawValue)] \(message.cluster): \(message.title)"
            case .over: "[over] \(message.cluster): \(message.title)"
            case .happened: "[\(message.kind.rawValue)] \(message.cluster): \(message.title)"
            }
        let place = message.object == "cluster" ? "" : " (\(message.object))"
        let time =
            message.stage == .over
            ? "from \(message.since) to \(message.time)" : "since \(message.since)"
        return [head + place, message.text, time].joined(separator: lineBreak)
    }

    /// An alert of Alertmanager's API v2 (https://github.com/prometheus/alertmanager, `api/v2/openapi.yaml`).
    struct Alert: Encodable {
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        /// When it ended, or until when it is taken for firing unless it is sent again.
        var endsAt: String

        init(_ message: IncidentMessage) {
            labels = [
                "alertname": "pg-controller: \(message.title.prefix { $0 != "=" })", "cluster": message.cluster,
                "severity": message.severity.rawValue, "kind": message.kind.rawValue, "object": message.object,
            ]
            annotations = ["summary": message.title, "description": message.text]
            startsAt = message.since
            switch message.stage {
            case .over: endsAt = message.time
            // what has happened is over, and is shown for a while
            case .happened: endsAt = Alert.later(message.time, by: 600)
            case .begun: endsAt = Alert.later(message.time, by: Alert.lifetimeSeconds)
            }
        }

        /// An alert that lasts is sent again before this is over.
        static let lifetimeSeconds: Int64 = 300

        private static func later(_ time: String, by seconds: Int64) -> String {
            guard let moment = Timestamp(time) else { return time }
            return Moment.text(wallMilliseconds: moment.microseconds / 1000 + seconds * 1000)
        }
    }
}

/// A URL of a receiver: where to connect, and what to ask for.
struct WebAddress: Sendable, Hashable {
    let endpoint: HTTPEndpoint
    /// Path and query.
    let target: String

    /// Nil where the text is no `http` or `https` URL, or has a user in it.
    init?(_ text: String) {
        guard
            let match = text.wholeMatch(
                of: /(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[^\/?#@:\[\]\s]+)(?::([0-9]{1,5}))?([\/?][^#\s]*)?/)
        else { return nil }
        let isSecure = match.1 == "https"
        guard let port = match.3.map({ Int($0) }) ?? (isSecure ? 443 : 80), (1...65535).contains(port) else {
            return nil
        }
        let host = match.2.hasPrefix("[") ? String(match.2.dropFirst().dropLast()) : String(match.2)
        endpoint = .tcp(host: host, port: port, tls: isSecure ? TLSConfiguration() : nil)
        let rest = match.4.map(String.init) ?? "/"
        target = rest.hasPrefix("/") ? rest : "/" + rest
    }
}
