/// A session with a PostgreSQL server over libpq, none of whose calls blocks a thread.
///
/// Statements run one at a time, in the order they were asked for. A deadline that passes or a cancelled task
/// asks the server to stop the statement and makes the connection unusable; an error of the server does not.
public actor PostgresConnection {
    /// `host:port`.
    public nonisolated let host: String
    let session: Session
    let ticket = SocketTicket()
    /// Why the connection is unusable; set once.
    private(set) var failure: PostgresError?
    private var isTaken = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    private init(_ configuration: PostgresConfiguration, addresses: [String]) {
        host = configuration.target
        session = Session(configuration, addresses: addresses)
    }

    /// Connects and logs in. The deadline (the configuration's `connectTimeout` when nil) covers all of it.
    ///
    /// Errors: `nameNotResolved`, `refused`, `couldNotConnect`, `authentication`, `timedOut`, `cancelled`, and
    /// `server` with 57P03 while it starts up or 3D000 for a missing database.
    public static func connect(
        _ configuration: PostgresConfiguration, deadline: Duration? = nil
    ) async throws(PostgresError) -> PostgresConnection {
        let end = ContinuousClock.now + (deadline ?? configuration.connectTimeout)
        let addresses = try await NameLookup.addresses(
            of: configuration.address ?? configuration.host, until: end, target: configuration.target)
        let connection = PostgresConnection(configuration, addresses: addresses)
        try await connection.establish(until: end)
        return connection
    }

    /// Whether statements may still be sent: it did not break, was not closed, and no deadline has passed on it.
    public var isUsable: Bool { failure == nil }

    /// Ends the session; a statement under way fails with `closed`.
    public func close() {
        fail(PostgresError(.closed, host: host, message: "the connection was closed"))
    }

    /// Suspends until the connection is unusable and says why; returns at once when it already is.
    ///
    /// An idle session's end is noticed when the server's side closes the socket, which a killed postmaster's
    /// backends do within milliseconds; nothing is polled. Returns `cancelled` when the task is cancelled, and
    /// the connection stays as it was.
    public func waitUntilBroken() async -> PostgresError {
        while true {
            if let failure { return failure }
            let readiness = await ReadinessLoop.shared.wait(
                for: .readable, on: session.descriptor, ticket, until: nil)
            if readiness == .cancelled {
                return failure ?? PostgresError(.cancelled, host: host, message: "cancelled")
            }
            // A statement under way reads for itself, and fails for itself.
            await takeTurn()
            if failure == nil, !session.consume() { fail(lost()) }
            // Parses what came, so that the server's last words become a notice.
            if failure == nil { _ = session.isBusy }
            endTurn()
        }
    }

    /// The SCRAM-SHA-256 verifier to store for a role, made here so that the password never travels.
    public func scramVerifier(password: String, user: String) throws(PostgresError) -> String {
        if let failure { throw failure }
        return try session.scramVerifier(password: password, user: user)
    }

    private func establish(until end: ContinuousClock.Instant) async throws(PostgresError) {
        // After PQconnectStart the first wait is for writing (libpq manual, 34.1).
        var interest = Interest.writable
        while session.descriptor >= 0 {
            let readiness = await ReadinessLoop.shared.wait(for: interest, on: session.descriptor, ticket, until: end)
            do throws(PostgresError) {
                switch readiness {
                case .ready: break
                case .timedOut: throw PostgresError(.timedOut, host: host, message: "connecting took too long")
                case .cancelled, .retired: throw PostgresError(.cancelled, host: host, message: "cancelled")
                }
                guard let next = try session.pollConnecting() else { return }
                interest = next
            } catch {
                fail(error)
                throw error
            }
        }
        let error = session.refusal
        fail(error)
        throw error
    }

    /// Makes the connection unusable, for the first reason given, and ends every wait on its socket.
    func fail(_ error: PostgresError) {
        guard failure == nil else { return }
        failure = error
        ReadinessLoop.shared.retire(ticket)
        // A statement under way still holds the session; it finishes it as it leaves.
        if !isTaken { session.finish() }
    }

    /// The error of a connection that broke, with the server's last words where it had any.
    func lost() -> PostgresError {
        let farewell = session.takeNotices().last { $0.severity == "FATAL" || $0.severity == "PANIC" }
        return PostgresError(
            .connectionLost, host: host, message: farewell?.message ?? session.words, sqlstate: farewell?.sqlstate,
            detail: farewell?.detail, hint: farewell?.hint)
    }

    /// Waits for the exclusive use of the session; others' deadlines bound it.
    func takeTurn() async {
        if !isTaken {
            isTaken = true
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    /// Hands the session to the next in line.
    func endTurn() {
        if failure != nil { session.finish() }
        if queue.isEmpty { isTaken = false } else { queue.removeFirst().resume() }
    }
}
