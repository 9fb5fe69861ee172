import HTTPTransport
import LiveWorld
import Model
import Supervisor

/// Sends one message to one receiver.
struct NotificationDelivery: Sendable {
    let secrets: SecretStore

    /// How long an answer may take.
    private static let deadline: Duration = .seconds(10)

    /// Sends a message in the receiver's format.
    func send(_ message: IncidentMessage, to receiver: NotificationReceiver) async throws {
        try await send(NotificationText.body(message, for: receiver), to: receiver)
    }

    /// Sends a body as it is.
    func send(_ body: [UInt8], to receiver: NotificationReceiver) async throws {
        let text: String
        if let url = receiver.url { text = url } else { text = try await secrets.value(receiver.urlSecret) }
        guard let address = WebAddress(text) else {
            throw Undelivered(description: "the URL is none that begins with http:// or https:// and a host")
        }
        var headers = [(name: "Content-Type", value: "application/json")]
        if receiver.tokenFile != nil {
            let token = try await secrets.value(receiver.tokenSecret)
            headers.append((name: "Authorization", value: "Bearer \(token)"))
        }
        let target = receiver.format == .alertmanager && address.target == "/" ? "/api/v2/alerts" : address.target
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await HTTPClient(endpoint: address.endpoint).send(
                HTTPRequest(.post, target, headers: headers, body: body), deadline: NotificationDelivery.deadline)
        } catch {
            // the URL may be a secret, and an error may have it in it
            throw Undelivered(description: "no answer: \(error.code)")
        }
        guard (200...299).contains(response.status) else {
            throw Undelivered(description: "it answered with status \(response.status)")
        }
    }
}

/// Why a message was not taken, without the receiver's address, which may be a secret.
struct Undelivered: Error, CustomStringConvertible {
    let description: String
}
