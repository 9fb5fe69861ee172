import FoundationEssentials
import Manifest
import Model

/// The manifest as it is on disk now, and the last good one, which stays in force while the new one is broken
/// (faults K05 and K06).
struct ManifestSource {
    let path: String
    private(set) var cluster: Cluster
    /// What is wrong with the file on disk, if anything.
    private(set) var trouble: String?
    private var fingerprint: Digest?

    /// Reads it for the first time; there is no last good one yet.
    init(path: String) throws(Failure) {
        self.path = path
        cluster = try ManifestSource.read(path)
        fingerprint = ManifestSource.fingerprint(path)
    }

    /// Reads it again if it changed; returns whether anything is different now.
    mutating func refresh() -> Bool {
        let now = ManifestSource.fingerprint(path)
        if now == fingerprint, now != nil, cluster.schema.migrations.isEmpty, trouble == nil { return false }
        do {
            let new = try ManifestSource.read(path)
            let refusals = Manifest.changes(from: cluster, to: new)
            let before = (cluster, trouble)
            if refusals.isEmpty {
                cluster = new
                trouble = nil
            } else {
                trouble = refusals.map(\.description).joined(separator: "\n")
            }
            fingerprint = now
            return before.0 != cluster || before.1 != trouble
        } catch {
            let changed = trouble != error.message
            trouble = error.message
            fingerprint = now
            return changed
        }
    }

    /// The condition that a broken file is.
    var condition: Condition? {
        trouble.map {
            Condition(
                .manifestInvalid, .true, reason: "Rejected",
                message: "the manifest on disk is not used, the last good one stays in force: \($0)")
        }
    }

    static func read(_ path: String) throws(Failure) -> Cluster {
        do {
            return try Manifest.load(path: path)
        } catch {
            throw Failure(.badInput, "\(error)")
        }
    }

    private static func fingerprint(_ path: String) -> Digest? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return Digest(of: data)
    }
}
