/// One value of the manifest while it is read: what stands there, where, and the list its mistakes go to.
struct Field {
    let tree: Tree
    let path: String
    let log: Diagnostics

    init(_ tree: Tree, path: String, log: Diagnostics) {
        self.tree = tree
        self.path = path
        self.log = log
        log.record(path, at: tree.position)
    }

    /// Notes a mistake at this place; `got` is what stands there unless it is given or hidden.
    func reject(
        _ problem: String, got: String? = nil, expected: String? = nil, suggestion: String? = nil, echoes: Bool = true
    ) {
        log.note(
            ManifestError(
                file: log.file, position: tree.position, path: path, problem: problem,
                got: echoes ? got ?? tree.words : nil, expected: expected, suggestion: suggestion))
    }

    /// The value under a key.
    func child(_ entry: Tree.Entry) -> Field {
        var value = entry.value
        if value.isNull { value.position = entry.position }
        return Field(value, path: Tree.path(path, entry.key), log: log)
    }

    /// The pairs of a mapping; nothing at all counts as an empty one.
    func entries() -> [Tree.Entry]? {
        if case .mapping(let entries) = tree.content { return entries }
        if tree.isNull { return [] }
        reject((path.isEmpty ? "the manifest " : "") + "has to be a mapping of fields", expected: "key: value lines")
        return nil
    }

    /// The items of a list.
    func items() -> [Field]? {
        guard case .list(let items) = tree.content else {
            reject(
                "has to be a list", expected: tree.isNull ? "[] for none, or no such line for the default" : "a list")
            return nil
        }
        return items.enumerated().map { Field($1, path: "\(path)[\($0)]", log: log) }
    }

    /// The text of a scalar that is no number, truth value or nothing by YAML's rules unless it is quoted.
    func text(expected: String) -> String? {
        guard let text = scalar(expected: expected) else { return nil }
        guard case .scalar(_, isPlain: true) = tree.content else { return text }
        let isNumber = Self.looksLikeNumber(text)
        guard isNumber || ["true", "false"].contains(text.lowercased()) else { return text }
        reject(
            "is a \(isNumber ? "number" : "truth value"), not text",
            expected: "\(expected); put it in quotes if it is meant")
        return nil
    }

    /// The text of any scalar, as it is written.
    func scalar(expected: String) -> String? {
        guard case .scalar(let text, _) = tree.content, !tree.isNull else {
            reject(tree.isNull ? "has no value" : "has to be a single value", expected: expected)
            return nil
        }
        // Quoted text can spell with escapes what the file itself may not contain.
        guard text.unicodeScalars.allSatisfy({ $0 != "\n" && $0 != "\r" && !SourceText.isHidden($0) }) else {
            reject("has a line break or an invisible character", expected: expected)
            return nil
        }
        return text
    }

    private static func looksLikeNumber(_ text: String) -> Bool {
        guard let first = text.utf8.first, Amount.isDigit(first) || "+-.".utf8.contains(first) else { return false }
        return text.wholeMatch(of: /[+-]?(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|0[xo][0-9a-fA-F]+/)
            != nil
    }
}
