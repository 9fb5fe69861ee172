import CCurl
import Glibc
import Synchronization

/// The process's one libcurl multi handle and the one thread that drives it.
///
/// Tasks never touch libcurl: they leave a command in the inbox and wake the thread (`curl_multi_wakeup` is the one
/// call libcurl allows from other threads). The thread sleeps in `curl_multi_poll` until a socket, a command or the
/// nearest deadline needs it, so an idle process costs nothing.
final class CurlLoop: Sendable {
    static let shared = CurlLoop()

    enum Command: Sendable {
        case start(Exchange)
        case cancel(Exchange)
        case resume(Exchange)
    }

    // Only `curl_multi_wakeup` is called on it outside the loop thread, which libcurl documents as safe.
    struct MultiHandle: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }

    private let inbox = Mutex<[Command]>([])
    private let multi: MultiHandle?

    private init() {
        guard curl_start() == CURLE_OK, let pointer = curl_multi_init() else {
            multi = nil
            return
        }
        // Counts busy connections, too: with fewer than there are streams, every idle one would be closed at once.
        _ = curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, 1024)
        multi = MultiHandle(pointer: pointer)
        startThread()
    }

    func start(_ exchange: Exchange) {
        guard multi != nil else {
            exchange.ended(.failure(exchange.error(.internalFailure, "curl_multi_init failed")))
            return
        }
        post(.start(exchange))
    }

    func cancel(_ exchange: Exchange) { post(.cancel(exchange)) }

    func resume(_ exchange: Exchange) { post(.resume(exchange)) }

    /// Takes everything the inbox holds.
    fileprivate func takeCommands() -> [Command] {
        inbox.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }

    private func post(_ command: Command) {
        guard let multi else { return }
        inbox.withLock { $0.append(command) }
        curl_multi_wakeup(multi.pointer)
    }

    private func startThread() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let failed = pthread_create(
            &thread, nil,
            { context in
                // Signals belong to the main thread; a TLS write to a closed socket must not raise SIGPIPE here.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                guard let context else { return nil }
                let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue()
                if let multi = loop.multi { CurlDriver(loop: loop, multi: multi.pointer).run() }
                return nil
            }, context)
        if failed == 0 { pthread_detach(thread) }
    }
}

/// What the loop thread does; it lives on that thread alone.
private final class CurlDriver {
    private let loop: CurlLoop
    private let multi: UnsafeMutableRawPointer
    private var transfers: [ObjectIdentifier: Transfer] = [:]

    init(loop: CurlLoop, multi: UnsafeMutableRawPointer) {
        self.loop = loop
        self.multi = multi
    }

    func run() {
        while true {
            for command in loop.takeCommands() { apply(command) }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishDone()
            let wait = expire(now: .now)
            curl_multi_poll(multi, nil, 0, wait, nil)
        }
    }

    private func apply(_ command: CurlLoop.Command) {
        switch command {
        case .start(let exchange):
            // Cancelled before it began.
            if exchange.isEnded { return }
            guard let transfer = Transfer(exchange), curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
                exchange.ended(.failure(exchange.error(.internalFailure, "no libcurl handle")))
                return
            }
            transfers[ObjectIdentifier(exchange)] = transfer
        case .cancel(let exchange):
            remove(exchange)
        case .resume(let exchange):
            transfers[ObjectIdentifier(exchange)]?.resume()
        }
    }

    /// Removing a handle in mid-transfer closes its connection; after a complete answer, it stays for reuse.
    private func remove(_ exchange: Exchange) {
        guard let transfer = transfers.removeValue(forKey: ObjectIdentifier(exchange)) else { return }
        curl_multi_remove_handle(multi, transfer.easy)
    }

    private func finishDone() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = message.pointee.data.result
            var context: UnsafeMutablePointer<CChar>?
            _ = curl_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
            guard let context else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            let result = transfer.result(of: code)
            let exchange = transfer.exchange
            remove(exchange)
            exchange.ended(result)
        }
    }

    /// Ends what is late.
    /// - Returns: milliseconds until the next deadline, as `curl_multi_poll` wants them.
    private func expire(now: ContinuousClock.Instant) -> Int32 {
        var nearest: ContinuousClock.Instant?
        for transfer in Array(transfers.values) {
            guard let expiry = transfer.expiry else { continue }
            if expiry.at <= now {
                let exchange = transfer.exchange
                remove(exchange)
                exchange.ended(.failure(exchange.error(.timedOut, expiry.reason)))
            } else {
                nearest = min(nearest ?? expiry.at, expiry.at)
            }
        }
        guard let nearest else { return 3_600_000 }
        let wait = (nearest - now).components
        let milliseconds = wait.seconds * 1000 + wait.attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: min(milliseconds, 3_600_000))
    }
}
