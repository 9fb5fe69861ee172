import Dispatch
import Glibc
import Synchronization

/// What a command does before it is ended from outside: it takes its request back. It is ended by SIGINT or SIGTERM, or because
/// the command on the host that it works for has ended (`Tie`).
enum Withdrawal {
    private static let undo = Mutex<(@Sendable () async -> Void)?>(nil)
    /// How long taking back may last.
    private static let limit = DispatchTimeInterval.seconds(5)

    /// Runs `work`; where the command is ended meanwhile, `undo` comes first.
    static func taking<Result>(
        back undo: @escaping @Sendable () async -> Void, during work: () async throws -> Result
    ) async throws -> Result {
        self.undo.withLock { $0 = undo }
        let sources = [SIGINT, SIGTERM].map { number in
            // the default would end the process at once
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { end(128 + number) }
            source.activate()
            return source
        }
        defer {
            self.undo.withLock { $0 = nil }
            for source in sources { source.cancel() }
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        }
        return try await work()
    }

    /// Takes back what there is to be taken back, and ends the process.
    static func end(_ code: Int32) {
        let undo = undo.withLock { taken in
            defer { taken = nil }
            return taken
        }
        guard let undo else { _exit(code) }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit) { _exit(code) }
        Task {
            await undo()
            _exit(code)
        }
    }
}
