/// What an exchange knows, without any locking or I/O: the loop thread reports what happened, the reader asks, and each
/// call returns whom to wake.
struct ExchangeState {
    typealias Waiter<Value: Sendable> = CheckedContinuation<Result<Value, HTTPError>, Never>

    /// Somebody to wake, together with what to tell; called outside the lock.
    typealias Wake = @Sendable () -> Void

    enum Waiting {
        case head(Waiter<ResponseHead>)
        case chunk(Waiter<[UInt8]?>)
        case response(Waiter<HTTPResponse>)
    }

    /// What the reader's taking of a chunk asks of the loop.
    struct Taken {
        var wake: Wake?
        var mustResume = false
    }

    /// What to do with bytes that arrived.
    enum Offer {
        case accepted(Wake?)
        /// The buffer is full: leave the bytes with libcurl and stop reading.
        case pause
        case tooLarge
    }

    private var head: ResponseHead?
    private var buffer: [UInt8] = []
    private var isPaused = false
    private var end: Result<Void, HTTPError>?
    private var waiting: Waiting?
    private let mode: Exchange.Mode
    private let limits: HTTPLimits

    init(mode: Exchange.Mode, limits: HTTPLimits) {
        self.mode = mode
        self.limits = limits
    }

    var isEnded: Bool { end != nil }

    // MARK: what the loop thread reports

    mutating func headArrived(_ head: ResponseHead) -> Wake? {
        self.head = head
        return settle()
    }

    mutating func bytesArrived(_ bytes: UnsafeBufferPointer<UInt8>) -> Offer {
        switch mode {
        case .collect:
            if buffer.count + bytes.count > limits.maxBodyBytes { return .tooLarge }
        case .stream:
            if !buffer.isEmpty, buffer.count + bytes.count > limits.streamBufferBytes {
                isPaused = true
                return .pause
            }
        }
        buffer.append(contentsOf: bytes)
        return .accepted(settle())
    }

    /// The first end counts; a later one (a cancel after success) is ignored. What arrived before a stream broke is
    /// still handed out; what its reader no longer wants is not.
    mutating func ended(_ result: Result<Void, HTTPError>) -> Wake? {
        guard end == nil else { return nil }
        end = result
        if case .failure(let error) = result, error.code == .cancelled { buffer = [] }
        return settle()
    }

    // MARK: what the reader asks

    /// - Returns: whom to wake; the reader itself when what it asks for is there already.
    mutating func asks(_ reader: Waiting) -> Taken {
        guard waiting == nil else {
            return Taken(wake: Self.refuse(reader))
        }
        waiting = reader
        let wake = settle()
        if isPaused, buffer.count <= limits.streamBufferBytes / 2 {
            isPaused = false
            return Taken(wake: wake, mustResume: true)
        }
        return Taken(wake: wake)
    }

    // MARK: settling

    private mutating func settle() -> Wake? {
        guard let waiting, let wake = answer(waiting) else { return nil }
        self.waiting = nil
        return wake
    }

    private mutating func answer(_ waiting: Waiting) -> Wake? {
        switch waiting {
        case .head(let waiter):
            if let head { return { waiter.resume(returning: .success(head)) } }
            if let error { return { waiter.resume(returning: .failure(error)) } }
        case .chunk(let waiter):
            if !buffer.isEmpty {
                let chunk = buffer
                buffer = []
                return { waiter.resume(returning: .success(chunk)) }
            }
            if let error { return { waiter.resume(returning: .failure(error)) } }
            if end != nil { return { waiter.resume(returning: .success(nil)) } }
        case .response(let waiter):
            if let error { return { waiter.resume(returning: .failure(error)) } }
            if end != nil, let head {
                let response = HTTPResponse(status: head.status, headers: head.headers, body: buffer)
                buffer = []
                return { waiter.resume(returning: .success(response)) }
            }
        }
        return nil
    }

    private var error: HTTPError? {
        if case .failure(let error) = end { error } else { nil }
    }

    private static func refuse(_ reader: Waiting) -> Wake {
        let error = HTTPError(.invalidRequest, target: "HTTP stream", detail: "a second reader of one response")
        return switch reader {
        case .head(let waiter): { waiter.resume(returning: .failure(error)) }
        case .chunk(let waiter): { waiter.resume(returning: .failure(error)) }
        case .response(let waiter): { waiter.resume(returning: .failure(error)) }
        }
    }
}
