import LiveWorld
import Model
import Testing

@testable import Controller

@Suite("The logs of all containers")
struct LogsTests {
    private let known: [ContainerName] = ["etcd-1", "pg-node-1", "pg-node-2"]

    @Test("no name means all; a name that is none of the cluster's is refused with those that are")
    func names() throws {
        #expect(try LogChoice.names([], of: known) == known)
        #expect(try LogChoice.names(["pg-node-2", "etcd-1"], of: known) == ["etcd-1", "pg-node-2"])
        #expect {
            try LogChoice.names(["web"], of: known)
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.code == .badInput && failure.message.contains("etcd-1, pg-node-1, pg-node-2")
        }
    }

    @Test("a line of several containers begins with its time and its container")
    func text() {
        let line = LogLine(time: "2026-11-23T10:00:00.123456789Z", container: "etcd-1", line: "ready")
        #expect(LogChoice.text(line, width: 9, isAlone: true) == "ready")
        #expect(LogChoice.text(line, width: 9, isAlone: false) == "2026-11-23T10:00:00.123Z etcd-1    ready")
        #expect(
            LogChoice.json(line)
                == #"{"container":"etcd-1","line":"ready","time":"2026-11-23T10:00:00.123456789Z"}"#)
    }

    @Test("--since is a span or a time")
    func since() throws {
        #expect(try Timestamp(since: "1m", now: 120_000) == Timestamp(seconds: 60))
        #expect(try Timestamp(since: "1970-01-01T00:00:05Z", now: 0) == Timestamp(seconds: 5))
        #expect(throws: Failure.self) { try Timestamp(since: "yesterday", now: 0) }
    }
}
