/// An HTTP/1.1 client for one endpoint.
///
/// A value without a lifetime of its own: connections belong to the process-wide `CurlLoop`, which reuses them between
/// requests to the same endpoint. Redirects are not followed, content is not decompressed, and proxies named in the
/// environment are ignored: the endpoint that is asked is the one that answers.
public struct HTTPClient: Sendable {
    /// Whom it asks.
    public let endpoint: HTTPEndpoint
    /// What it accepts.
    public let limits: HTTPLimits

    /// Makes a client; nothing is connected yet.
    public init(endpoint: HTTPEndpoint, limits: HTTPLimits = HTTPLimits()) {
        self.endpoint = endpoint
        self.limits = limits
    }

    /// Sends a request and returns the whole response.
    /// - Parameters:
    ///   - request: what to ask.
    ///   - deadline: covers everything from name resolution to the last byte; `.timedOut` when it passes.
    /// - Throws: `HTTPError`; `.cancelled` as soon as the task is, and then the connection is closed.
    public func send(_ request: HTTPRequest, deadline: Duration = .seconds(5)) async throws(HTTPError) -> HTTPResponse {
        let exchange = try begin(request, mode: .collect, times: ExchangeTimes(total: deadline))
        return try await withTaskCancellationHandler {
            await exchange.response()
        } onCancel: {
            exchange.cancel()
        }.get()
    }

    /// Sends a request and returns once the response head is there; the body follows as chunks.
    /// - Parameters:
    ///   - request: what to ask.
    ///   - headDeadline: covers everything until the blank line after the header fields.
    ///   - idleLimit: ends the stream with `.timedOut` if nothing arrives for so long while the reader keeps up;
    ///     `nil` means never.
    ///   - deadline: ends the stream with `.timedOut` so long after its request, however much arrives; `nil` means never.
    /// - Throws: `HTTPError`.
    public func stream(
        _ request: HTTPRequest, headDeadline: Duration = .seconds(5), idleLimit: Duration? = nil,
        deadline: Duration? = nil
    ) async throws(HTTPError) -> HTTPStream {
        let times = ExchangeTimes(head: headDeadline, idle: idleLimit, total: deadline)
        let exchange = try begin(request, mode: .stream, times: times)
        let head = try await withTaskCancellationHandler {
            await exchange.head()
        } onCancel: {
            exchange.cancel()
        }.get()
        return HTTPStream(head: head, exchange: exchange)
    }

    private func begin(
        _ request: HTTPRequest, mode: Exchange.Mode, times: ExchangeTimes
    ) throws(HTTPError) -> Exchange {
        let exchange = Exchange(request: request, endpoint: endpoint, limits: limits, mode: mode, times: times)
        try exchange.checkRequest()
        CurlLoop.shared.start(exchange)
        return exchange
    }
}
