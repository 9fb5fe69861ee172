import ArgumentParser
import FoundationEssentials
import Glibc

/// Options that every command about a cluster has.
struct ClusterOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "The manifest.")
    var manifest: String = Defaults.manifest

    @Option(help: "Where secrets, events and the last good manifest are kept.")
    var stateDir: String = Defaults.stateDirectory
}

/// How a result is written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// Where things are unless somebody says otherwise; the supervisor image sets the variables.
enum Defaults {
    static var manifest: String {
        environment("CONTROLLER_MANIFEST") ?? "manifests/pg-ha-cluster.yaml"
    }

    static var stateDirectory: String {
        if let set = environment("CONTROLLER_STATE") { return set }
        let home = environment("HOME") ?? "/tmp"
        return (environment("XDG_STATE_HOME") ?? "\(home)/.local/state") + "/controller"
    }

    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}

/// The files below the state directory, one folder for each cluster.
struct StateDirectory {
    let path: String

    /// Makes the directory with mode 0700.
    init(_ base: String, cluster: String) throws(Failure) {
        path = "\(base)/\(cluster)"
        for directory in StateDirectory.parents(of: path) where access(directory, F_OK) != 0 {
            if mkdir(directory, 0o700) != 0, errno != EEXIST {
                throw Failure(
                    "\(directory): \(String(cString: strerror(errno))); give --state-dir a place you may write to")
            }
        }
    }

    var secrets: String { path + "/secrets" }
    var events: String { path + "/events.jsonl" }
    var lastManifest: String { path + "/manifest.last.yaml" }
    var lock: String { path + "/lock" }
    var conditions: String { path + "/conditions.json" }
    var notifications: String { path + "/notifications.json" }

    private static func parents(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        let prefix = path.hasPrefix("/") ? "/" : ""
        return parts.indices.map { prefix + parts[...$0].joined(separator: "/") }
    }

    /// Replaces a file as a whole; a reader sees the old or the new one.
    static func replace(_ path: String, with text: String) -> Bool {
        let temporary = path + ".new"
        guard (try? text.write(toFile: temporary, atomically: false, encoding: .utf8)) != nil else { return false }
        chmod(temporary, 0o600)
        return rename(temporary, path) == 0
    }
}
