import FoundationEssentials
import Supervisor

/// What `controller connect` reads in a status. It is read from JSON, too, because a supervisor may be of another build.
struct ConnectTarget: Decodable {
    struct Node: Decodable, Hashable {
        let name: String
        let role: String
        let state: String
        let endpoint: String
    }

    struct Endpoint: Decodable {
        let name: String
        let url: String
    }

    let nodes: [Node]
    let endpoints: [Endpoint]

    init(_ status: StatusReport) {
        nodes = status.nodes.map { Node(name: $0.name, role: $0.role, state: $0.state, endpoint: $0.endpoint) }
        endpoints = status.endpoints.map { Endpoint(name: $0.name, url: $0.url) }
    }

    /// - Throws: exit code 1 for what is no status.
    init(json: String) throws(Failure) {
        do {
            self = try JSONDecoder().decode(ConnectTarget.self, from: Data(json.utf8))
        } catch {
            throw Failure("the supervisor's status cannot be read (\(error)); use the program of the same build")
        }
    }

    /// The administrator, as the endpoints name it.
    var user: String { String(authority.prefix { $0 != "@" }) }

    /// The application's database, as the endpoints name it.
    var database: String {
        String(authority.drop { $0 != "/" }.dropFirst().prefix { $0 != "?" })
    }

    /// `user@hosts/database?parameters`; every cluster has this endpoint.
    private var authority: Substring {
        let url = endpoints.first { $0.name == "any-primary" }?.url ?? ""
        return url.split(separator: "://", maxSplits: 1).last ?? ""
    }

    /// - Throws: exit code 2 for a name that no node has; 1 where there is no such node now.
    func node(named name: String?, isReplica: Bool) throws(Failure) -> Node {
        if let name {
            guard let node = nodes.first(where: { $0.name == name }) else {
                let known = nodes.map(\.name).joined(separator: ", ")
                throw Failure(.badInput, "the cluster has no node \(Terminal.plain(name)); it has \(known)")
            }
            return node
        }
        if isReplica {
            guard let node = nodes.first(where: { $0.role == "replica" && $0.state == "streaming" }) else {
                throw Failure("no replica streams now; `controller status` shows the nodes, and --node chooses one")
            }
            return node
        }
        guard let node = nodes.first(where: { $0.role == "primary" }) else {
            throw Failure("there is no primary now; `controller status` shows the nodes, and --node chooses one")
        }
        return node
    }
}
