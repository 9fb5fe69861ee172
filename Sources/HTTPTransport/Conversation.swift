import CCurl
import Dispatch
import Glibc
import Synchronization

extension HTTPClient {
    /// Sends a request after which the connection carries plain bytes both ways (`Upgrade: tcp`), then `input`, and
    /// returns the head together with everything that came back until the other side closed.
    ///
    /// The end of `input` is not told: the other side has to know how much it reads. The connection is its own, and a
    /// thread is busy with it until the end; not for what lasts.
    /// - Parameter deadline: covers everything.
    /// - Throws: `HTTPError`; a status is a response, as in `send`, and then `input` was not sent unless it is 101 or 200.
    public func converse(
        _ request: HTTPRequest, sending input: [UInt8], deadline: Duration = .seconds(10)
    ) async throws(HTTPError) -> HTTPResponse {
        let exchange = Exchange(
            request: request, endpoint: endpoint, limits: limits, mode: .collect, times: ExchangeTimes(total: deadline))
        try exchange.checkRequest()
        let conversation = Conversation(exchange, input: input, until: .now + deadline)
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(returning: conversation.run()) }
            }
        } onCancel: {
            conversation.cancel()
        }.get()
    }
}

/// One connection through libcurl's own socket (`CURLOPT_CONNECT_ONLY`), so that TLS and unix sockets are as everywhere.
private final class Conversation: Sendable {
    private let exchange: Exchange
    private let input: [UInt8]
    private let until: ContinuousClock.Instant
    private let isCancelled = Mutex(false)

    init(_ exchange: Exchange, input: [UInt8], until: ContinuousClock.Instant) {
        self.exchange = exchange
        self.input = input
        self.until = until
    }

    func cancel() { isCancelled.withLock { $0 = true } }

    func run() -> Result<HTTPResponse, HTTPError> {
        do throws(HTTPError) { return .success(try talk()) } catch { return .failure(error) }
    }

    private func talk() throws(HTTPError) -> HTTPResponse {
        guard curl_start() == CURLE_OK, let transfer = Transfer(exchange) else {
            throw exchange.error(.internalFailure, "curl_easy_init failed")
        }
        let line = Line(transfer: transfer, owner: self)
        try line.connect(within: until - .now)
        try line.send(head())
        var received: [UInt8] = []
        var parser = ResponseHeadParser(limits: exchange.limits)
        while true {
            guard let more = try line.receive() else {
                throw exchange.error(.connectionLost, "it ended within the response head")
            }
            received += more
            if let length = try parse(&received, with: &parser) {
                return try finish(line, parser, body: received, length: length)
            }
        }
    }

    /// The request with its body, as it goes over the line.
    private func head() -> [UInt8] {
        let request = exchange.request
        let origin = exchange.endpoint.origin
        let host = origin.dropFirst(origin.hasPrefix("https://") ? 8 : 7)
        var lines = ["\(request.method.rawValue) \(request.path) HTTP/1.1", "Host: \(host)"]
        lines += ["Connection: Upgrade", "Upgrade: tcp", "Content-Length: \(request.body.count)"]
        lines += request.headers.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + request.body
    }

    /// Takes the head's lines from the front.
    /// - Returns: once it is whole, how long the body is; -1 for as long as the connection lives.
    private func parse(_ received: inout [UInt8], with parser: inout ResponseHeadParser) throws(HTTPError) -> Int? {
        while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(received[...end])
            received.removeFirst(line.count)
            let isSwitch = line.elementsEqual([13, 10]) && parser.status == 101
            let outcome = line.withUnsafeBufferPointer { parser.append($0) }
            switch outcome {
            case .more: if isSwitch { return -1 }
            case .complete:
                let value = HTTPHeaders(parser.fields)["Content-Length"]
                return parser.status == 200 ? -1 : value.flatMap { Int($0) } ?? -1
            case .tooLarge: throw exchange.error(.tooLarge, "the response head")
            case .malformed: throw exchange.error(.malformed, "a header line without a colon, or no status")
            }
        }
        return nil
    }

    private func finish(
        _ line: Line, _ parser: ResponseHeadParser, body: [UInt8], length: Int
    ) throws(HTTPError) -> HTTPResponse {
        var body = body
        if length < 0 { try line.send(input) }
        while length < 0 || body.count < length {
            guard let more = try line.receive() else { break }
            body += more
            if body.count > exchange.limits.maxBodyBytes {
                throw exchange.error(.tooLarge, "more than \(exchange.limits.maxBodyBytes) bytes of body")
            }
        }
        return HTTPResponse(status: parser.status, headers: HTTPHeaders(parser.fields), body: body)
    }

    /// The socket, waited for in slices, so that a cancelled task does not leave its thread behind.
    private struct Line {
        let transfer: Transfer
        let owner: Conversation

        func connect(within limit: Duration) throws(HTTPError) {
            let milliseconds = max(1, Int(limit / .milliseconds(1)))
            _ = curl_set_long(transfer.easy, CURLOPT_CONNECT_ONLY, 1)
            _ = curl_set_long(transfer.easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
            try check(curl_easy_perform(transfer.easy))
        }

        func send(_ bytes: [UInt8]) throws(HTTPError) {
            var begin = 0
            while begin < bytes.count {
                var sent = 0
                let code = bytes[begin...].withUnsafeBytes {
                    curl_easy_send(transfer.easy, $0.baseAddress, $0.count, &sent)
                }
                begin += sent
                if code == CURLE_AGAIN { try wait(for: POLLOUT) } else { try check(code) }
            }
        }

        /// - Returns: nil at the end.
        func receive() throws(HTTPError) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while true {
                var count = 0
                let code = buffer.withUnsafeMutableBytes {
                    curl_easy_recv(transfer.easy, $0.baseAddress, $0.count, &count)
                }
                if code == CURLE_AGAIN {
                    try wait(for: POLLIN)
                } else {
                    try check(code)
                    return count == 0 ? nil : Array(buffer.prefix(count))
                }
            }
        }

        private func wait(for event: Int32) throws(HTTPError) {
            if owner.isCancelled.withLock({ $0 }) { throw owner.exchange.error(.cancelled, "the task was cancelled") }
            guard ContinuousClock.now < owner.until else {
                throw owner.exchange.error(.timedOut, "it did not come to its end")
            }
            var socket: curl_socket_t = -1
            _ = curl_get_socket(transfer.easy, &socket)
            var entry = pollfd(fd: socket, events: Int16(event), revents: 0)
            _ = poll(&entry, 1, 50)
        }

        private func check(_ code: CURLcode) throws(HTTPError) {
            guard code != CURLE_OK else { return }
            if case .failure(let error) = transfer.result(of: code) { throw error }
        }
    }
}
