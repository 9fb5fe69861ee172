/// One thing to do now, and why.
public struct Action: Sendable, Hashable {
    /// What is asked of the world.
    public var effect: Effect
    /// What it is about.
    public var subject: Subject
    /// Why.
    public var reason: Reason
    /// Evidence of death; the only key that opens fencing effects.
    public var proof: Proof?

    /// An action with its reason.
    public init(_ effect: Effect, on subject: Subject, because reason: Reason, proof: Proof? = nil) {
        self.effect = effect
        self.subject = subject
        self.reason = reason
        self.proof = proof
    }
}

/// What an action, an event or a condition is about.
public enum Subject: Sendable, Hashable, Comparable {
    /// The whole cluster.
    case cluster
    /// A network of an engine.
    case network(EngineID, NetworkName)
    /// A volume of an engine.
    case volume(EngineID, VolumeName)
    /// An image on an engine.
    case image(EngineID, ImageReference)
    /// A container of an engine.
    case container(EngineID, ContainerName)
    /// etcd's membership and store.
    case etcd
    /// Patroni's keys.
    case leadership
    /// PostgreSQL and Patroni on a node.
    case node(NodeName)
    /// A database.
    case database(DatabaseName)
    /// A role.
    case role(RoleName)
    /// The backup repository.
    case repository
    /// A party's certificate.
    case certificate(Principal)
    /// The cluster's authority.
    case authority
    /// What the nodes' own files are to hold.
    case localConfiguration

    /// Kind and name, for people: `container pg-node-1`.
    public var text: String {
        switch self {
        case .cluster: "cluster"
        case .network(_, let name): "network \(name)"
        case .volume(_, let name): "volume \(name)"
        case .image(_, let reference): "image \(reference)"
        case .container(_, let name): "container \(name)"
        case .etcd: "etcd"
        case .leadership: "leadership"
        case .node(let name): "node \(name)"
        case .database(let name): "database \(name)"
        case .role(let name): "role \(name)"
        case .repository: "repository"
        case .certificate(let principal): "certificate \(principal.text)"
        case .authority: "authority"
        case .localConfiguration: "local configuration"
        }
    }
}

/// Evidence that a container is dead: the engine's own record of the end of one incarnation.
public struct Proof: Sendable, Hashable {
    /// The engine's own ID.
    public var engineID: String
    /// The container; nil when it was removed.
    public var container: ContainerID?
    /// The incarnation that died.
    public var startedAt: String
    /// Its exit code, never 255; nil when the container was removed and is known not to exist.
    public var exitCode: Int?
    /// When Docker says it ended.
    public var finishedAt: String
    /// Evidence from an engine's record.
    public init(engineID: String, container: ContainerID?, startedAt: String, exitCode: Int?, finishedAt: String) {
        self.engineID = engineID
        self.container = container
        self.startedAt = startedAt
        self.exitCode = exitCode
        self.finishedAt = finishedAt
    }
}

/// What the world answered to an effect.
public enum Outcome: Sendable, Hashable {
    /// It was done; the detail is the answer's gist.
    case done(String)
    /// It was refused; nothing changed.
    case refused(Refusal)
    /// The answer was lost: it may have happened.
    case uncertain(String)
}

/// Why the world refused an effect.
public struct Refusal: Sendable, Hashable {
    /// The kind of refusal.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The object is not there any more.
        case gone
        /// Something else has the name or the port, or a compare failed.
        case conflict
        /// The request makes no sense to the other side; repeating it will not help.
        case invalid
        /// The other side cannot do it now.
        case unavailable
    }
    /// The kind of refusal.
    public var kind: Kind
    /// The other side's words, without secrets.
    public var message: String
    /// A refusal.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
