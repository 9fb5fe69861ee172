import Manifest
import Model

/// The manifest as it is on disk now, and the last good one, which stays in force while the new one is broken
/// (faults K05 and K06).
struct ManifestSource {
    let path: String
    /// Where the files that it names start from.
    var directory: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
    private(set) var cluster: Cluster
    /// What is wrong with the file on disk, if anything.
    private(set) var trouble: String?

    /// Reads it for the first time; there is no last good one yet.
    init(path: String) throws(Failure) {
        self.path = path
        cluster = try ManifestSource.read(path)
    }

    /// Reads it again, with the SQL and password files that it names; returns whether anything is different now.
    mutating func refresh() -> Bool {
        let before = (cluster, trouble)
        do {
            let new = try ManifestSource.read(path)
            let refusals = Manifest.changes(from: cluster, to: new)
            if refusals.isEmpty { cluster = new }
            trouble = refusals.isEmpty ? nil : refusals.map(\.description).joined(separator: "\n")
        } catch {
            trouble = error.message
        }
        return before.0 != cluster || before.1 != trouble
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
}
