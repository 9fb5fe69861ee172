import FoundationEssentials
import HTTPTransport

extension DockerError {
    /// A row of the table below: a status (range), words that the message must contain, and what that means.
    private struct Row {
        let statuses: ClosedRange<Int>
        let words: [String]
        let code: @Sendable (_ message: String) -> Code

        init(_ statuses: ClosedRange<Int>, _ words: [String] = [], _ code: @escaping @Sendable (String) -> Code) {
            self.statuses = statuses
            self.words = words
            self.code = code
        }

        init(_ status: Int, _ words: [String] = [], _ code: Code) { self.init(status...status, words) { _ in code } }
    }

    /// The first row that fits counts. Messages measured on 20.10.24 and 28.5.2, compared in lower case: between those
    /// versions capitals and prefixes changed (`Container x is not running` became `container x is not running`), and
    /// so did one status (a JSON body cut short: 500, now 400).
    private static let table: [Row] = [
        Row(304, [], .notModified),
        Row(400, ["client version", "too old"], .unsupportedAPIVersion),
        Row(400, ["client version", "too new"], .unsupportedAPIVersion),
        Row(400, ["runtime create failed"], .cannotStart),
        Row(400...400) { _ in .badParameter },
        Row(401, [], .forbidden),
        Row(403, ["has active endpoints"], .hasEndpoints),
        Row(403, ["already exists in network"], .wrongAttachment),
        Row(403, ["is not connected to"], .wrongAttachment),
        Row(403, ["pool overlaps"], .addressRangeTaken),
        Row(403, ["address already in use"], .addressTaken),
        Row(403, [], .forbidden),
        Row(404, ["no such image"], .noSuchImage),
        Row(404, [], .notFound),
        Row(409...409, ["already in use by container"]) { .nameInUse(by: quoted(after: "by container", in: $0)) },
        Row(409...409, ["network with name", "already exists"]) { _ in .nameInUse(by: nil) },
        Row(409, ["is already in progress"], .alreadyInProgress),
        Row(409, ["is marked for removal"], .alreadyInProgress),
        Row(409, ["unpause the container"], .wrongPauseState),
        Row(409, ["is already paused"], .notModified),
        Row(409, ["is not running"], .notRunning),
        Row(409, ["in use"], .inUse),
        Row(409, ["is using its referenced image"], .inUse),
        Row(409, ["image is being used"], .inUse),
        Row(409, [], .conflict),
        Row(500...500, ["port is already allocated"]) { .portAllocated(address: address(in: $0)) },
        Row(500...500, ["userland proxy", "address already in use"]) { .portAllocated(address: address(in: $0)) },
        Row(500...500, ["failed to bind", "address already in use"]) { .portAllocated(address: address(in: $0)) },
        Row(500, ["address already in use"], .addressTaken),
        Row(500, ["is not connected to"], .wrongAttachment),
        Row(500, ["is not paused"], .wrongPauseState),
        Row(500, ["runtime create failed"], .cannotStart),
        Row(500...599) { _ in .serverError },
    ]

    /// The code for a status and the engine's message.
    package static func code(status: Int, message: String) -> Code {
        let lower = message.lowercased()
        let row = table.first { row in row.statuses.contains(status) && row.words.allSatisfy(lower.contains) }
        return row?.code(message) ?? .malformed
    }

    static func classified(_ response: HTTPResponse, for call: DockerCall) -> DockerError {
        let text = message(in: response.body)
        return call.error(code(status: response.status, message: text), text, status: response.status)
    }

    /// Whether the engine does not speak the API version of the path.
    static func refusesVersion(_ response: HTTPResponse) -> Bool {
        response.status == 400 && code(status: 400, message: message(in: response.body)) == .unsupportedAPIVersion
    }

    /// Docker's `{"message": …}`, or the body as text: 20.10 answers "client version is too old" without JSON.
    private static func message(in body: [UInt8]) -> String {
        struct Wire: Decodable { let message: String }
        if let wire = try? JSONDecoder().decode(Wire.self, from: Data(body)) { return wire.message }
        let text = String(decoding: body.prefix(1000), as: UTF8.self)
        return String(text.reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func quoted(after words: String, in message: String) -> String? {
        guard let range = message.firstRange(of: words) else { return nil }
        let parts = message[range.upperBound...].split(separator: "\"", omittingEmptySubsequences: false)
        return parts.count > 1 ? String(parts[1]) : nil
    }

    /// The host's address: the first word of the form `a.b.c.d:port` or `[v6]:port`, the protocol and what follows cut.
    private static func address(in message: String) -> String? {
        for word in message.split(whereSeparator: { $0 == " " || $0 == "," }) {
            let text = word.split(separator: "/").first.map(String.init) ?? ""
            let trimmed = text.hasSuffix(":") ? String(text.dropLast()) : text
            guard let colon = trimmed.lastIndex(of: ":"), colon != trimmed.startIndex,
                Int(trimmed[trimmed.index(after: colon)...]) != nil
            else { continue }
            // Engine 28 writes host and container side in one word: 127.0.0.1:5432:172.18.0.2:5432.
            let fields = trimmed.split(separator: ":")
            return fields.count == 4 && !trimmed.hasPrefix("[") ? "\(fields[0]):\(fields[1])" : trimmed
        }
        return nil
    }
}
