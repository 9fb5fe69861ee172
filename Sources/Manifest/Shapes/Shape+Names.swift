internal import Model

/// A rule for names: a pattern that needs no escaping wherever the name ends up, and words that are taken.
struct Naming: Sendable {
    /// What such a name is called.
    var kind: String
    /// The rule in words.
    var rule: String
    /// The rule as a regular expression that JavaScript reads too.
    var pattern: String
    var lengthLimit: Int
    var reserved: [String] = []
    var reservedPrefix: String?
    /// Which characters may start it, and which may follow.
    var first: @Sendable (UInt8) -> Bool
    var following: @Sendable (UInt8) -> Bool
    var mayEndWithHyphen = true

    /// What is wrong with a name, or nil.
    func problem(with text: String) -> String? {
        if text.utf8.count > lengthLimit { return "is longer than \(lengthLimit) bytes" }
        guard let start = text.utf8.first, first(start), text.utf8.dropFirst().allSatisfy(following),
            mayEndWithHyphen || !text.hasSuffix("-")
        else { return "is no \(kind)" }
        let isReserved = reserved.contains(text) || reservedPrefix.map(text.hasPrefix) == true
        return isReserved ? "is reserved" : nil
    }
}

extension Naming {
    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLabel(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) || byte == 0x2D }

    /// A name that is safe in DNS, in Docker, in etcd's keys and in every file we write.
    static let label = Naming(
        kind: "DNS label", rule: "lower-case letters, digits and hyphens, a letter first, no hyphen last, at most 60",
        pattern: "^[a-z]([a-z0-9-]{0,58}[a-z0-9])?$", lengthLimit: 60,
        reserved: ["controller"], first: isLower, following: isLabel, mayEndWithHyphen: false)

    /// The part of a container's name before its number.
    static let prefix = Naming(
        kind: "prefix of a DNS label", rule: "lower-case letters, digits and hyphens, a letter first, at most 60",
        pattern: "^[a-z][a-z0-9-]{0,59}$", lengthLimit: 60, first: isLower, following: isLabel)

    /// A Docker network of ours.
    static let network = Naming(
        kind: "network name", rule: label.rule, pattern: label.pattern, lengthLimit: 60,
        reserved: ["bridge", "host", "none", "default", "ingress"], first: isLower, following: isLabel,
        mayEndWithHyphen: false)

    /// A Docker volume or a pgBackRest stanza.
    static let volume = Naming(
        kind: "name", rule: "lower-case letters, digits, _ and -, a letter first, at most 60",
        pattern: "^[a-z][a-z0-9_-]{0,59}$", lengthLimit: 60, first: isLower,
        following: { isLabel($0) || $0 == 0x5F })

    /// A PostgreSQL identifier that needs no quotes.
    private static func identifier(_ kind: String, reserved: [String]) -> Naming {
        Naming(
            kind: kind, rule: "lower-case letters, digits and _, no digit first, at most 63 bytes, not pg_…",
            pattern: "^[a-z_][a-z0-9_]{0,62}$", lengthLimit: 63, reserved: reserved, reservedPrefix: "pg_",
            first: { isLower($0) || $0 == 0x5F }, following: { isLower($0) || isDigit($0) || $0 == 0x5F })
    }

    /// A role that we create.
    static let role = identifier(
        "role name",
        reserved: [
            "postgres", "public", "none", "current_user", "session_user", "current_role", "user", "all",
            "__patroni_strict_sync_replica_placeholder__",
        ])
    /// A role that another is made a member of; PostgreSQL's own may be among them.
    static let group = {
        var naming = role
        naming.reservedPrefix = nil
        naming.rule = "lower-case letters, digits and _, no digit first, at most 63 bytes"
        return naming
    }()
    /// A database.
    static let database = identifier("database name", reserved: ["template0", "template1", "all", "replication"])

    /// An extension, which may have a hyphen in its name.
    static let `extension` = Naming(
        kind: "extension name", rule: "lower-case letters, digits, _ and -, a letter first, at most 63 bytes",
        pattern: "^[a-z][a-z0-9_-]{0,62}$", lengthLimit: 63, first: isLower,
        following: { isLabel($0) || $0 == 0x5F })
}

extension Shape<String> {
    /// Text that follows a rule for names.
    static func name(_ naming: Naming) -> Shape {
        Shape(
            schema: .mapping(["type": .text("string"), "pattern": .text(naming.pattern)]),
            read: { field, _ in
                guard let text = field.text(expected: naming.rule) else { return nil }
                if let problem = naming.problem(with: text) {
                    field.reject(problem, got: "\"\(Tree.excerpt(text))\"", expected: naming.rule)
                    return nil
                }
                return text
            },
            write: { .text($0) })
    }
}

extension Shape where Value: Name {
    /// A typed name that follows a rule.
    static func name(_ naming: Naming) -> Shape {
        Shape<String>.name(naming).map({ Value($0) }, { $0.text })
    }
}
