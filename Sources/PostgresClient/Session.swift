import CPostgres
import Glibc
import Synchronization

/// One `PGconn`: libpq's calls, none of which waits here, and its notices. Lives inside one actor.
final class Session {
    private var connection: OpaquePointer?
    private let notices = NoticeBox()
    /// libpq opens them while it connects, and for another connection that cancels a statement.
    private let files: [PrivateFile]
    let host: String

    /// Begins to connect (`PQconnectStartParams`); drive it with `pollConnecting`.
    init(_ configuration: PostgresConfiguration, addresses: [String]) {
        host = configuration.target
        let authorities = configuration.trustedAuthorities.flatMap { PrivateFile($0) }
        let identity = configuration.clientIdentity.flatMap { PrivateFile($0) }
        files = [authorities, identity].compactMap(\.self)
        let words = configuration.keywords(
            addresses: addresses, authorities: authorities?.path, identity: identity?.path)
        connection = withCStrings(words.map(\.0)) { keys in
            withCStrings(words.map(\.1)) { values in PQconnectStartParams(keys, values, 0) }
        }
        // Puts the SQLSTATE into the text of a refused login; set back once connected.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        PQsetNoticeReceiver(
            connection,
            { argument, result in
                guard let argument, let result else { return }
                Unmanaged<NoticeBox>.fromOpaque(argument).takeUnretainedValue().take(result)
            }, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { finish() }

    /// Says goodbye and closes the socket; every call after it reports a broken connection.
    func finish() {
        PQfinish(connection)
        connection = nil
    }

    /// The socket; it may change from call to call while connecting. -1 for none.
    var descriptor: Int32 { PQsocket(connection) }
    /// Whether libpq holds the connection for usable.
    var isSound: Bool { PQstatus(connection) == CONNECTION_OK }
    /// libpq's last words.
    var words: String { connection.flatMap(PQerrorMessage).map { trimmed(String(cString: $0)) } ?? "closed" }
    /// What the failed attempt to connect says.
    var refusal: PostgresError {
        .connecting(
            to: host, said: words, needsPassword: PQconnectionNeedsPassword(connection) == 1,
            refusal: String(cString: strerror(ECONNREFUSED)))
    }

    /// The next step of connecting: what to wait for, nil when it is done. Throws what the server or the network said.
    func pollConnecting() throws(PostgresError) -> Interest? {
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_READING: return .readable
        case PGRES_POLLING_WRITING: return .writable
        case PGRES_POLLING_OK:
            PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
            PQsetnonblocking(connection, 1)
            return nil
        default: throw refusal
        }
    }

    /// Queues a statement with bound parameters; false when it cannot be sent.
    func send(_ sql: String, _ parameters: [String?]) -> Bool {
        withCStrings(parameters) { values in
            PQsendQueryParams(connection, sql, Int32(parameters.count), nil, values, nil, nil, 0) == 1
        }
    }

    /// Queues a script in the simple protocol; false when it cannot be sent.
    func send(script: String) -> Bool { PQsendQuery(connection, script) == 1 }

    /// Sends what fits. True when nothing is left, false when the socket is full; nil when it is broken.
    func flush() -> Bool? {
        switch PQflush(connection) {
        case 0: true
        case 1: false
        default: nil
        }
    }

    /// Takes in what has arrived; false when the connection is broken.
    func consume() -> Bool { PQconsumeInput(connection) == 1 && PQstatus(connection) == CONNECTION_OK }

    /// Whether a result is still incomplete.
    var isBusy: Bool { PQisBusy(connection) == 1 }

    /// The next complete result; nil at the end of the exchange.
    func nextResult() -> Answer? { PQgetResult(connection).map { Answer($0, host: host) } }

    /// The remarks that arrived since the last call.
    func takeNotices() -> [PostgresNotice] { notices.drain() }

    /// Asks the server to stop the running statement, from a thread of its own because `PQcancel` blocks.
    func requestCancel() {
        guard let cancel = PQgetCancel(connection) else { return }
        CancelRequest(cancel).send()
    }

    /// The SCRAM verifier of a password (`PQencryptPasswordConn`), or libpq's reason why not.
    func scramVerifier(password: String, user: String) throws(PostgresError) -> String {
        guard let verifier = PQencryptPasswordConn(connection, password, user, "scram-sha-256") else {
            throw PostgresError(.malformed, host: host, message: words)
        }
        defer { PQfreemem(verifier) }
        return String(cString: verifier)
    }
}

/// Collects notices; libpq calls it from inside the session's own calls.
private final class NoticeBox {
    private var collected: [PostgresNotice] = []
    /// Beyond it the oldest go: an idle session collects no garbage.
    private let limit = 1000

    func take(_ result: OpaquePointer) {
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        collected.append(
            PostgresNotice(
                severity: field(Diagnostic.severity) ?? "", sqlstate: field(Diagnostic.sqlstate) ?? "",
                message: field(Diagnostic.message) ?? "", detail: field(Diagnostic.detail),
                hint: field(Diagnostic.hint)))
        if collected.count > limit { collected.removeFirst() }
    }

    func drain() -> [PostgresNotice] {
        defer { collected = [] }
        return collected
    }
}

/// Field codes of `PQresultErrorField` (postgres_ext.h); character macros that Swift does not import.
enum Diagnostic {
    static let severity = Int32(UInt8(ascii: "V"))
    static let sqlstate = Int32(UInt8(ascii: "C"))
    static let message = Int32(UInt8(ascii: "M"))
    static let detail = Int32(UInt8(ascii: "D"))
    static let hint = Int32(UInt8(ascii: "H"))
}

/// Strings as the NULL-terminated array of C strings that libpq takes; nil elements stay nil.
private func withCStrings<Result>(
    _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { $0.map { strdup($0) } ?? nil }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return pointers.withUnsafeBufferPointer { buffer in
        // Never empty, because of the terminator.
        guard let base = buffer.baseAddress else { return withUnsafePointer(to: nil, body) }
        return body(base)
    }
}

/// Without the line end that libpq puts after its messages.
func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
}
