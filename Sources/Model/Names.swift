/// A name that is its own type, so that a node's name is never passed where a volume's is meant.
public protocol Name: Sendable, Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible, Codable {
    /// The text as Docker, etcd or PostgreSQL knows it.
    var text: String { get }
    /// Wraps a text that was validated at the edge.
    init(_ text: String)
}

extension Name {
    /// Orders by the text, so that lists print the same way every time.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    /// For names written down in code and tests.
    public init(stringLiteral value: String) { self.init(value) }
    /// The bare text.
    public var description: String { text }
    /// Decodes from a bare string.
    public init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }
    /// Encodes as a bare string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// The cluster's name: Patroni's scope, and the value of the label that marks what is ours.
public struct ClusterName: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
}

/// A PostgreSQL node: its container's name and its Patroni member name are the same.
public struct NodeName: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
    /// The name that its container has on the internal network alone. Patroni and pgBackRest's server listen there; the container's
    /// own name is known on the clients' network, too. It has no dot, because Docker asks the host's resolvers for a name with a dot
    /// when its container is dead, and Patroni's election asks for that. The names of all other containers on that network end in a
    /// number.
    public var internalName: ContainerName { internalNames[0] }
    /// The names of that kind that its container may have: the one of today, and the one that containers of older builds keep until
    /// they are replaced. A label of DNS has 63 bytes at most; a node with a longer name has the older one alone.
    public var internalNames: [ContainerName] {
        let former = ContainerName("\(text).internal")
        return text.utf8.count <= 54 ? [ContainerName("\(text)-internal"), former] : [former]
    }
}

/// A Docker container's name, without the leading slash of the API.
public struct ContainerName: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
}

/// A Docker container's full ID: the identity of one incarnation's file system, never reused.
public struct ContainerID: Name {
    /// The 64 hexadecimal digits.
    public let text: String
    /// Wraps an ID that Docker answered.
    public init(_ text: String) { self.text = text }
    /// The first 12 digits, as `docker ps` shows them.
    public var short: String { String(text.prefix(12)) }
}

/// A Docker volume's name, which is also its identity.
public struct VolumeName: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
}

/// A Docker network's name; two networks may share one, so actions use `NetworkID`.
public struct NetworkName: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
}

/// A Docker network's ID.
public struct NetworkID: Name {
    /// The 64 hexadecimal digits.
    public let text: String
    /// Wraps an ID that Docker answered.
    public init(_ text: String) { self.text = text }
}

/// Which Docker Engine: `local`, or a host named in the manifest.
public struct EngineID: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
    /// The engine of a manifest that lists none.
    public static let local = EngineID("local")
}

/// An image reference as the manifest gives it (`repository:tag` or with a digest).
public struct ImageReference: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
}

/// A PostgreSQL role.
public struct RoleName: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
}

/// A PostgreSQL database.
public struct DatabaseName: Name {
    /// The bare text.
    public let text: String
    /// Wraps a validated text.
    public init(_ text: String) { self.text = text }
}

/// A secret's name; its value never leaves the world that performs effects.
public struct SecretName: Name {
    /// The bare text, for example `postgres-superuser`.
    public let text: String
    /// Wraps a fixed name.
    public init(_ text: String) { self.text = text }
}
