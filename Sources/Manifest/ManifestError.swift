/// One mistake in a manifest.
public struct ManifestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file as it was named to us.
    public var file: String
    /// Where; nil when the mistake is about the file as a whole.
    public var position: Position?
    /// The field, for example `spec.nodes.count`; empty for the text itself.
    public var path: String
    /// What is wrong.
    public var problem: String
    /// What stands there now; never set for anything that may be secret.
    public var got: String?
    /// What would be right.
    public var expected: String?
    /// What was probably meant.
    public var suggestion: String?

    /// A mistake with the facts that are known of it.
    public init(
        file: String, position: Position? = nil, path: String = "", problem: String, got: String? = nil,
        expected: String? = nil, suggestion: String? = nil
    ) {
        self.file = file
        self.position = position
        self.path = path
        self.problem = problem
        self.got = got
        self.expected = expected
        self.suggestion = suggestion
    }

    /// `file:line:column: path: what is wrong (got X); expected Y. Did you mean "Z"?`
    public var description: String {
        var text = file
        if let position { text += ":\(position)" }
        text += path.isEmpty ? ": " : ": \(path): "
        text += problem
        if let got { text += " (got \(got))" }
        if let expected { text += "; expected \(expected)" }
        if let suggestion { text += ". Did you mean \"\(suggestion)\"?" }
        return text
    }
}

/// Why a manifest was refused: every mistake found in one go, in the file's order.
public struct ManifestRejection: Error, Sendable, Hashable, CustomStringConvertible {
    /// All mistakes; never empty.
    public var errors: [ManifestError]
    /// A refusal for these reasons.
    public init(errors: [ManifestError]) { self.errors = errors }

    /// How many mistakes are written out.
    public static let shown = 20

    /// One line for each of the first mistakes, and how many more there are.
    public var description: String {
        var lines = errors.prefix(Self.shown).map(\.description)
        if errors.count > Self.shown { lines.append("and \(errors.count - Self.shown) more") }
        return lines.joined(separator: "\n")
    }
}
