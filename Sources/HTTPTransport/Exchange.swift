import Synchronization

/// One request and its answer, shared between the task that wants it and the loop thread that performs it.
final class Exchange: Sendable {
    enum Mode: Sendable { case collect, stream }

    let request: HTTPRequest
    let endpoint: HTTPEndpoint
    let limits: HTTPLimits
    let mode: Mode
    let times: ExchangeTimes
    private let state: Mutex<ExchangeState>

    init(request: HTTPRequest, endpoint: HTTPEndpoint, limits: HTTPLimits, mode: Mode, times: ExchangeTimes) {
        self.request = request
        self.endpoint = endpoint
        self.limits = limits
        self.mode = mode
        self.times = times
        state = Mutex(ExchangeState(mode: mode, limits: limits))
    }

    var target: String { "\(request.method.rawValue) \(endpoint)\(request.path)" }

    func error(_ code: HTTPError.Code, _ detail: String) -> HTTPError {
        HTTPError(code, target: target, detail: detail)
    }

    /// A line break in a path or header would let a value write header lines of its own.
    func checkRequest() throws(HTTPError) {
        let isPathFine =
            request.path.utf8.first == UInt8(ascii: "/") && request.path.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        guard isPathFine else { throw error(.invalidRequest, "the path is not percent-encoded") }
        for (name, value) in request.headers {
            let isFine =
                !name.isEmpty && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
                && value.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
            guard isFine else { throw error(.invalidRequest, "header \(name.debugDescription)") }
        }
    }

    // MARK: the reader's side

    func head() async -> Result<ResponseHead, HTTPError> {
        await withCheckedContinuation { ask(.head($0)) }
    }

    func chunk() async -> Result<[UInt8]?, HTTPError> {
        await withCheckedContinuation { ask(.chunk($0)) }
    }

    func response() async -> Result<HTTPResponse, HTTPError> {
        await withCheckedContinuation { ask(.response($0)) }
    }

    /// Ends the exchange for its reader at once and tells the loop to drop the transfer.
    func cancel() {
        let (wasRunning, wake) = state.withLock { state in
            (!state.isEnded, state.ended(.failure(error(.cancelled, "the task was cancelled or the stream dropped"))))
        }
        wake?()
        if wasRunning { CurlLoop.shared.cancel(self) }
    }

    private func ask(_ waiting: ExchangeState.Waiting) {
        let taken = state.withLock { $0.asks(waiting) }
        taken.wake?()
        if taken.mustResume { CurlLoop.shared.resume(self) }
    }

    // MARK: the loop thread's side

    var isEnded: Bool { state.withLock { $0.isEnded } }

    func headArrived(_ head: ResponseHead) {
        let wake = state.withLock { $0.headArrived(head) }
        wake?()
    }

    func bytesArrived(_ bytes: UnsafeBufferPointer<UInt8>) -> ExchangeState.Offer {
        state.withLock { $0.bytesArrived(bytes) }
    }

    func ended(_ result: Result<Void, HTTPError>) {
        let wake = state.withLock { $0.ended(result) }
        wake?()
    }
}
