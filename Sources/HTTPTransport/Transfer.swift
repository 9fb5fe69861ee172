import CCurl
import Glibc

/// One libcurl easy handle with everything it points to. It never leaves the loop thread.
final class Transfer {
    let exchange: Exchange
    let easy: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var body: UnsafeMutableBufferPointer<UInt8>?
    private var parser: ResponseHeadParser
    private var isHeadComplete = false
    private var isPaused = false
    private var lastActivity = ContinuousClock.now
    /// Why a callback ended the transfer; libcurl itself would only say "write error".
    private var ownError: HTTPError?

    /// - Returns: `nil` when libcurl has no handle to give.
    init?(_ exchange: Exchange) {
        guard let easy = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.exchange = exchange
        self.easy = easy
        parser = ResponseHeadParser(limits: exchange.limits)
        errorText.pointee = 0
        configureConnection()
        configureRequest()
        configureCallbacks()
    }

    deinit {
        curl_easy_cleanup(easy)
        for list in lists { curl_slist_free_all(list) }
        body?.deallocate()
        errorText.deallocate()
    }

    /// When the transfer fails if nothing happens until then.
    var expiry: (at: ContinuousClock.Instant, reason: String)? {
        exchange.times.expiry(isHeadComplete: isHeadComplete, lastArrival: isPaused ? nil : lastActivity)
    }

    /// Reads on after a pause; may call `received` before it returns.
    func resume() {
        isPaused = false
        lastActivity = .now
        curl_easy_pause(easy, curl_continue)
    }

    /// The end libcurl reported, as the exchange's end.
    func result(of code: CURLcode) -> Result<Void, HTTPError> {
        if let ownError { return .failure(ownError) }
        if code == CURLE_OK {
            return isHeadComplete
                ? .success(()) : .failure(exchange.error(.connectionLost, "it ended within the response head"))
        }
        var errno = 0
        _ = curl_get_long(easy, CURLINFO_OS_ERRNO, &errno)
        return .failure(
            .classify(
                code, errno: errno, message: String(cString: errorText), endpoint: exchange.endpoint,
                target: exchange.target))
    }

    // MARK: callbacks

    /// - Returns: the bytes taken; fewer end the transfer.
    func receivedHeader(_ line: UnsafeBufferPointer<UInt8>) -> Int {
        lastActivity = .now
        switch parser.append(line) {
        case .more: return line.count
        case .complete:
            isHeadComplete = true
            exchange.headArrived(ResponseHead(status: parser.status, headers: HTTPHeaders(parser.fields)))
            return line.count
        case .tooLarge:
            let limits = exchange.limits
            ownError = exchange.error(
                .tooLarge, "more than \(limits.maxHeaderCount) header lines or \(limits.maxHeaderBytes) bytes of them")
            return 0
        case .malformed:
            ownError = exchange.error(.malformed, "a header line without a colon, or no status")
            return 0
        }
    }

    /// - Returns: the bytes taken, or libcurl's mark for "not now".
    func receivedBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        lastActivity = .now
        switch exchange.bytesArrived(bytes) {
        case .accepted(let wake):
            wake?()
            return bytes.count
        case .pause:
            isPaused = true
            return curl_pause_writing
        case .tooLarge:
            ownError = exchange.error(.tooLarge, "more than \(exchange.limits.maxBodyBytes) bytes of body")
            return 0
        }
    }

    // MARK: set-up

    private func set(_ option: CURLoption, _ value: Int) { _ = curl_set_long(easy, option, value) }
    private func set(_ option: CURLoption, _ value: String) { _ = curl_set_string(easy, option, value) }

    private func setBlob(_ option: CURLoption, _ text: String) {
        let bytes = Array(text.utf8)
        _ = curl_set_blob(easy, option, bytes, bytes.count)
    }

    private func setList(_ option: CURLoption, _ lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { list = curl_slist_append(list, line) ?? list }
        guard let list else { return }
        lists.append(list)
        _ = curl_set_list(easy, option, list)
    }

    private func configureConnection() {
        set(CURLOPT_URL, exchange.endpoint.origin + exchange.request.path)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NOPROXY, "*")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        // A watch waits without sending: only keep-alive notices that the other side is gone, here after a minute.
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 15)
        set(CURLOPT_TCP_KEEPINTVL, 5)
        // Deadlines are the loop's; libcurl's own 300 s for connecting must not be the shorter one.
        set(CURLOPT_CONNECTTIMEOUT_MS, 3_600_000)
        // A recreated container has a new address under its old name: connecting to the old one would hang.
        set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
        // Without it, removing a handle joins its resolver thread, and a name server that does not answer would stop
        // every other transfer of the process (lib/asyn-thread.c).
        set(CURLOPT_QUICK_EXIT, 1)
        switch exchange.endpoint {
        case .unix(let path): set(CURLOPT_UNIX_SOCKET_PATH, path)
        case .tcp(let host, let port, let tls):
            if let tls { configureTLS(tls, host: host, port: port) }
        }
    }

    private func configureTLS(_ tls: TLSConfiguration, host: String, port: Int) {
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = tls.caFile {
            set(CURLOPT_CAINFO, file)
            _ = curl_set_string(easy, CURLOPT_CAPATH, nil)
        }
        if let file = tls.certificateFile { set(CURLOPT_SSLCERT, file) }
        if let file = tls.keyFile { set(CURLOPT_SSLKEY, file) }
        if let text = tls.authorities {
            setBlob(CURLOPT_CAINFO_BLOB, text)
            _ = curl_set_string(easy, CURLOPT_CAPATH, nil)
        }
        if let text = tls.identity {
            // readers of the one skip the other
            setBlob(CURLOPT_SSLCERT_BLOB, text)
            setBlob(CURLOPT_SSLKEY_BLOB, text)
        }
        if tls.serverName != nil {
            // The URL carries the expected name (for SNI and verification), this the address that is dialled.
            setList(CURLOPT_CONNECT_TO, ["::\(HTTPEndpoint.bracketed(host)):\(port)"])
        }
    }

    private func configureRequest() {
        let request = exchange.request
        // An empty value after the colon removes what libcurl would add by itself.
        var lines = ["Expect:"]
        lines += request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        let names = Set(request.headers.map { $0.name.lowercased() })
        if !names.contains("content-type") { lines.append("Content-Type:") }
        setList(CURLOPT_HTTPHEADER, lines)
        switch (request.method, request.body.isEmpty) {
        case (.get, true): set(CURLOPT_HTTPGET, 1)
        case (.head, _): set(CURLOPT_NOBODY, 1)
        case (.delete, true): set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case (.get, false), (.delete, false), (.post, _), (.put, _), (.patch, _):
            setBody(request.body)
            if request.method != .post { set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        }
    }

    /// libcurl does not copy `CURLOPT_POSTFIELDS`: the bytes live as long as the handle.
    private func setBody(_ bytes: [UInt8]) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        _ = copy.initialize(from: bytes)
        body = copy
        set(CURLOPT_POST, 1)
        _ = curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        _ = curl_set_pointer(easy, CURLOPT_POSTFIELDS, copy.baseAddress)
    }

    private func configureCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        _ = curl_set_pointer(easy, CURLOPT_PRIVATE, context)
        _ = curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        _ = curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        _ = curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Transfer.with(context, bytes, size * count) { $0.receivedHeader($1) }
        }
        _ = curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Transfer.with(context, bytes, size * count) { $0.receivedBody($1) }
        }
    }

    private static func with(
        _ context: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
        _ body: (Transfer, UnsafeBufferPointer<UInt8>) -> Int
    ) -> Int {
        guard let context, let bytes else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return bytes.withMemoryRebound(to: UInt8.self, capacity: count) {
            body(transfer, UnsafeBufferPointer(start: $0, count: count))
        }
    }
}
