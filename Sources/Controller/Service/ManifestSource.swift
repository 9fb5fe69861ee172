import FoundationEssentials
import Manifest
import Model

/// The manifest as it is on disk now, and the last good one, which stays in force while the new one is broken or asks for
/// what this cluster cannot have (faults K05 and K06).
struct ManifestSource {
    let path: String
    /// Where the files that it names start from.
    var directory: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
    private(set) var cluster: Cluster
    /// What is wrong with the file on disk, if anything.
    private(set) var trouble: Trouble?
    /// Whether the cluster can have what this one asks for, so far as is known.
    private var isHad = true
    private var saved: Cluster?

    /// What is wrong with a file that is not used.
    enum Trouble: Equatable {
        /// It cannot be read.
        case broken(String)
        /// It asks for what this cluster cannot have.
        case refused(String)
    }

    /// Reads it for the first time; there is no last good one yet.
    init(path: String) throws(Failure) {
        self.path = path
        cluster = try ManifestSource.read(path)
    }

    /// Reads it, or takes the last good one where it has mistakes, as the controller that runs does.
    init(path: String, orLastGoodBelow state: String) throws(Failure) {
        do throws(Failure) {
            try self.init(path: path)
        } catch {
            guard let lastGood = ManifestName(path: path).lastGood(below: state),
                let text = try? String(contentsOfFile: lastGood, encoding: .utf8),
                let last = try? ManifestSource(path: path, text: text)
            else { throw error }
            self = last
            saved = cluster
            trouble = .broken(error.message)
        }
    }

    /// Takes a text for what the file would hold.
    init(path: String, text: String) throws(Failure) {
        self.path = path
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        cluster = try ManifestSource.parse(text, as: "the manifest", beside: directory)
    }

    /// What a command works with.
    static func find(
        _ options: ClusterOptions, text: String? = nil, takesLastGood: Bool
    ) throws(Failure) -> ManifestSource {
        if let text { return try ManifestSource(path: options.manifest, text: text) }
        guard takesLastGood else { return try ManifestSource(path: options.manifest) }
        return try ManifestSource(path: options.manifest, orLastGoodBelow: options.stateDir)
    }

    /// Reads it again, with the SQL and password files that it names; returns whether anything is different now.
    mutating func refresh() -> Bool {
        let before = (cluster, trouble)
        do {
            let new = try ManifestSource.read(path)
            let refusals = isHad ? Manifest.changes(from: cluster, to: new) : []
            if refusals.isEmpty { cluster = new }
            trouble = refusals.isEmpty ? nil : .refused(refusals.map(\.description).joined(separator: ". "))
        } catch {
            trouble = .broken(error.message)
        }
        return before.0 != cluster || before.1 != trouble
    }

    /// Notes whether the cluster can have what the manifest in force asks for. Where it cannot, that is no measure for
    /// what is written next.
    mutating func note(isRefused: Bool, savingTo path: String) {
        isHad = !isRefused
        guard isHad, trouble == nil, saved != cluster else { return }
        if StateDirectory.replace(path, with: Manifest.yaml(of: cluster)) { saved = cluster }
    }

    /// Takes the last good manifest for the one in force, where there is one that the refused one is a change of.
    mutating func fallBack(to lastGood: String) -> Bool {
        guard trouble == nil, let text = try? String(contentsOfFile: lastGood, encoding: .utf8),
            let last = try? ManifestSource.parse(text, as: lastGood, beside: directory)
        else { return false }
        let refusals = Manifest.changes(from: last, to: cluster)
        guard !refusals.isEmpty else { return false }
        trouble = .refused(refusals.map(\.description).joined(separator: ". "))
        cluster = last
        saved = last
        return true
    }

    /// The condition that a file is which is not used.
    var condition: Condition? {
        switch trouble {
        case .broken(let text):
            Condition(
                .manifestInvalid, .true, reason: "Rejected",
                message: "the manifest on disk is not used, the last good one stays in force: \(text)")
        case .refused(let text):
            Condition(
                .unsupportedChange, .true, reason: "CannotChange",
                message: "the manifest on disk is not used, the last good one stays in force: \(text)")
        case nil: nil
        }
    }

    /// What a command says that goes on without the file on disk.
    var warning: String? {
        guard case .broken(let text) = trouble else { return nil }
        return "the manifest on disk has mistakes, and the last good one is used: \(text)"
    }

    static func read(_ path: String) throws(Failure) -> Cluster {
        do {
            return try Manifest.load(path: path)
        } catch {
            throw Failure(.badInput, "\(error)")
        }
    }

    private static func parse(_ text: String, as name: String, beside directory: String) throws(Failure) -> Cluster {
        do {
            return try Manifest.parse(bytes: Array(text.utf8), file: name, files: .below(directory + "/"))
        } catch {
            throw Failure(.badInput, "\(error)")
        }
    }
}
