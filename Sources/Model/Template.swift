/// A text with holes for secrets: planners write it, only the performing world fills the holes.
public struct Template: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// A piece of it.
    public enum Segment: Sendable, Hashable {
        /// Plain text.
        case text(String)
        /// The value of a secret.
        case secret(SecretName)
        /// The value of a secret as a JSON string, quotes included (JSON strings are YAML strings too).
        case quotedSecret(SecretName)
    }

    /// The pieces in order.
    public var segments: [Segment]

    /// Joins pieces.
    public init(segments: [Segment]) { self.segments = segments }
    /// Plain text.
    public init(stringLiteral value: String) { segments = [.text(value)] }
    /// From a string interpolation, where `\(secret: name)` makes a hole.
    public init(stringInterpolation: Interpolation) { segments = stringInterpolation.segments }

    /// Collects the pieces of a literal.
    public struct Interpolation: StringInterpolationProtocol {
        var segments: [Segment] = []
        /// Starts empty.
        public init(literalCapacity: Int, interpolationCount: Int) {}
        /// Adds plain text.
        public mutating func appendLiteral(_ literal: String) { segments.append(.text(literal)) }
        /// Adds plain text.
        public mutating func appendInterpolation(_ value: String) { segments.append(.text(value)) }
        /// Adds a number.
        public mutating func appendInterpolation(_ value: Int) { segments.append(.text(String(value))) }
        /// Adds a name.
        public mutating func appendInterpolation(_ value: some Name) { segments.append(.text(value.text)) }
        /// Adds another template.
        public mutating func appendInterpolation(_ value: Template) { segments += value.segments }
        /// Makes a hole for a secret.
        public mutating func appendInterpolation(secret: SecretName) { segments.append(.secret(secret)) }
        /// Makes a hole for a secret that is written as a JSON string.
        public mutating func appendInterpolation(quotedSecret: SecretName) {
            segments.append(.quotedSecret(quotedSecret))
        }
    }

    /// The text with every hole filled by `fill`.
    public func filled(_ fill: (SecretName) throws -> String) rethrows -> String {
        try segments.map { segment in
            switch segment {
            case .text(let text): text
            case .secret(let name): try fill(name)
            case .quotedSecret(let name): JSONValue.quoted(try fill(name))
            }
        }.joined()
    }

    /// Identity of the text and of the secrets' versions in it, computed without the secrets themselves.
    public func digest(secrets: [SecretView]) -> Digest {
        Digest(of: filled { name in "{{\(name)@\(secrets.first { $0.name == name }?.version ?? "none")}}" })
    }
}

/// A secret as planners see it: that it exists, and which version, never its value.
public struct SecretView: Sendable, Hashable {
    /// Which secret.
    public var name: SecretName
    /// Changes when the value does; says nothing about the value.
    public var version: String
    /// Joins name and version.
    public init(name: SecretName, version: String) {
        self.name = name
        self.version = version
    }
}
