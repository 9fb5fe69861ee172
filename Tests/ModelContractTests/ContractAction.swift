import Model

/// One step of a script, in names that mean the same in both worlds. A container is meant by the name it was created
/// under, and by the ID that this name had last: also when it is gone.
enum ContractAction: Sendable, Hashable {
    /// What the controller does, through the same effects as ever.
    case createNetwork(String, subnet: Int)
    case removeNetwork(String)
    case connect(String, to: String)
    case disconnect(String, from: String)
    case createVolume(String, note: String)
    case removeVolume(String)
    case createContainer(String, Recipe)
    case upload(String)
    case start(String)
    case stop(String)
    case kill(String)
    case unpause(String)
    case remove(String)
    case rename(String, to: String)
    case update(String, megabytes: Int64, policy: String)
    case run(String)
    /// What people do, and processes by themselves.
    case pause(String)
    case removeByForce(String)
    case restart(String)
    case exit(String, code: Int)

    /// What a container is made of.
    struct Recipe: Sendable, Hashable {
        var network = "net"
        var volume: String?
        /// Which of the script's host ports it publishes.
        var port: Int?
        var policy = "no"
        var hasImage = true
    }
}

/// The IDs that one world has given to the names of a script.
struct Ledger {
    private(set) var containers: [String: ContainerID] = [:]
    private(set) var networks: [String: NetworkID] = [:]
    private let prefix: String

    init(prefix: String) { self.prefix = prefix }

    /// Learns who has come; who has gone keeps the ID.
    mutating func learn(_ view: EngineView) {
        for seen in view.containers where !containers.values.contains(seen.id) {
            guard let name = short(seen.name.text) else { continue }
            containers[name] = seen.id
        }
        for seen in view.networks {
            guard let name = short(seen.name.text) else { continue }
            networks[name] = seen.id
        }
    }

    /// A name without the prefix; nil when it is not of this script.
    func short(_ name: String) -> String? {
        name.hasPrefix(prefix + "-") ? String(name.dropFirst(prefix.count + 1)) : nil
    }

    func container(_ name: String) -> ContainerID { containers[name] ?? ContainerID("\(prefix)-never-\(name)") }
    func network(_ name: String) -> NetworkID { networks[name] ?? NetworkID("\(prefix)-never-\(name)") }
    func name(of id: ContainerID) -> String { containers.first { $0.value == id }?.key ?? "a stranger" }
    func name(of id: NetworkID) -> String { networks.first { $0.value == id }?.key ?? "a stranger" }
}
