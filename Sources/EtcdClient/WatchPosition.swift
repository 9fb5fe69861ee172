/// How far a watch has come, and what each message means from there; a pure value.
package struct WatchPosition: Sendable {
    /// Where a resumed watch begins; 0 while none has stood yet.
    package private(set) var nextRevision: Int64
    /// Whether the last message put the store behind what was told already.
    package private(set) var mustAskForRevision = false
    private var clusterID: UInt64 = 0
    private var fragments: [EtcdChange] = []

    package init(nextRevision: Int64) { self.nextRevision = nextRevision }

    /// Reads one WatchResponse (rpc.proto); nil when it has nothing to tell.
    package mutating func take(_ message: Fields) throws(EtcdError) -> EtcdWatchEvent? {
        let header = try EtcdHeader(in: message)
        mustAskForRevision = false
        if header.clusterID != 0 {
            if clusterID != 0, header.clusterID != clusterID { return .resync(.otherCluster) }
            clusterID = header.clusterID
        }
        let compacted = try message.int64("compact_revision")
        if compacted > 0 { return .resync(.compacted(revision: compacted)) }
        if try message.bool("canceled") {
            let reason = try message.string("cancel_reason")
            // Without a reason, the server is going down.
            throw EtcdError(
                grpcCode: 14, message: reason.isEmpty ? "the watch was ended" : reason, target: message.target)
        }
        if try message.bool("created") { return established(header.revision) }
        for entry in try message.objects("events") { fragments.append(try EtcdChange(entry)) }
        if try message.bool("fragment") { return nil }
        guard let last = fragments.last else {
            // A progress notice: nothing up to its revision is still to come.
            nextRevision = max(nextRevision, header.revision + 1)
            return .progress(revision: header.revision)
        }
        let changes = fragments
        fragments = []
        nextRevision = last.keyValue.modRevision + 1
        return .changes(changes, revision: last.keyValue.modRevision)
    }

    /// What a linearizable read says about the store's revision.
    package mutating func storeIs(at revision: Int64) -> EtcdWatchEvent? {
        mustAskForRevision = false
        return revision < nextRevision - 1 ? .resync(.storeWentBack(revision: revision)) : nil
    }

    private mutating func established(_ revision: Int64) -> EtcdWatchEvent {
        fragments = []
        if nextRevision == 0 { nextRevision = revision + 1 }
        mustAskForRevision = revision < nextRevision - 1
        return .established(revision: nextRevision - 1)
    }
}
