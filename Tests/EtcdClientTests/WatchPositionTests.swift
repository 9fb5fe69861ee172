import EtcdClient
import Testing

struct WatchPositionTests {
    private var position = WatchPosition(nextRevision: 0)

    private mutating func take(_ text: String) throws -> EtcdWatchEvent? {
        try position.take(Fields(parsing: Array(text.utf8), target: "t"))
    }

    private func event(_ revision: Int) -> String {
        #"{"kv":{"key":"aw==","mod_revision":"\#(revision)"}}"#
    }

    @Test("a watch from now on resumes after the revision at which it stood")
    mutating func fromNow() throws {
        #expect(
            try take(#"{"header":{"cluster_id":"1","revision":"7"},"created":true}"#) == .established(revision: 7))
        #expect(position.nextRevision == 8)
    }

    @Test("events move the position by themselves, not by the store's revision, which may be far ahead")
    mutating func events() throws {
        position = WatchPosition(nextRevision: 3)
        guard
            case .changes(let changes, revision: 4)? = try take(
                #"{"header":{"cluster_id":"1","revision":"99"},"events":[\#(event(3)),\#(event(4))]}"#)
        else { return #expect(Bool(false), "no changes up to 4") }
        #expect(changes.map(\.keyValue.modRevision) == [3, 4])
        #expect(position.nextRevision == 5)
    }

    @Test("fragments are held until the last one, so that no revision is told in part")
    mutating func fragments() throws {
        position = WatchPosition(nextRevision: 3)
        #expect(
            try take(#"{"header":{"cluster_id":"1","revision":"3"},"fragment":true,"events":[\#(event(3))]}"#) == nil)
        #expect(position.nextRevision == 3)
        guard
            case .changes(let changes, revision: 3)? = try take(
                #"{"header":{"cluster_id":"1","revision":"3"},"events":[\#(event(3))]}"#)
        else { return #expect(Bool(false), "no changes up to 3") }
        #expect(changes.count == 2)
    }

    @Test("a progress notice moves the position")
    mutating func progress() throws {
        position = WatchPosition(nextRevision: 3)
        #expect(try take(#"{"header":{"cluster_id":"1","revision":"20"}}"#) == .progress(revision: 20))
        #expect(position.nextRevision == 21)
    }

    @Test("compaction, another cluster and a store that went back ask for a resync")
    mutating func resync() throws {
        position = WatchPosition(nextRevision: 3)
        #expect(
            try take(#"{"header":{"cluster_id":"1"},"canceled":true,"compact_revision":"9"}"#)
                == .resync(.compacted(revision: 9)))
        #expect(
            try take(#"{"header":{"cluster_id":"2","revision":"9"},"created":true}"#) == .resync(.otherCluster))
        position = WatchPosition(nextRevision: 30)
        #expect(
            try take(#"{"header":{"cluster_id":"1","revision":"9"},"created":true}"#) == .established(revision: 29))
        #expect(position.mustAskForRevision)
        #expect(position.storeIs(at: 9) == .resync(.storeWentBack(revision: 9)))
    }

    @Test("a member that is only behind asks for no resync")
    mutating func behind() throws {
        position = WatchPosition(nextRevision: 30)
        _ = try take(#"{"header":{"cluster_id":"1","revision":"9"},"created":true}"#)
        #expect(position.storeIs(at: 29) == nil)
    }

    @Test("a watch that the server ends is an error with its reason")
    mutating func cancelled() {
        let error = #expect(throws: EtcdError.self) {
            try take(#"{"canceled":true,"cancel_reason":"rpc error: code = Unavailable desc = etcdserver: no leader"}"#)
        }
        #expect(error?.code == .noLeader)
    }
}
