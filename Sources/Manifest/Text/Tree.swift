/// A manifest's values with their places, after everything was refused that a manifest may not use.
struct Tree: Sendable {
    /// What a value is.
    enum Content: Sendable {
        /// Text as written; `isPlain` when it stood without quotes.
        case scalar(String, isPlain: Bool)
        case list([Tree])
        case mapping([Entry])
    }
    /// One key of a mapping.
    struct Entry: Sendable {
        var key: String
        var position: Position
        var value: Tree
    }
    var content: Content
    var position: Position

    /// Whether nothing stands there.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What stands there, in words that a person recognises.
    var words: String {
        switch content {
        case .list: "a list"
        case .mapping: "a mapping"
        case .scalar(let text, isPlain: let isPlain):
            if isNull {
                "nothing"
            } else if isPlain {
                Self.excerpt(text)
            } else {
                "the text \"\(Self.excerpt(text))\""
            }
        }
    }

    /// The path of a key below another path.
    static func path(_ parent: String, _ key: String) -> String {
        parent.isEmpty ? excerpt(key) : "\(parent).\(excerpt(key))"
    }

    /// A text made fit for one line of a message.
    static func excerpt(_ text: String) -> String {
        let flat = text.unicodeScalars.map {
            $0 == "\n" || $0 == "\r" || SourceText.isHidden($0) ? "\u{FFFD}" : String($0)
        }.joined()
        return flat.count <= 60 ? flat : flat.prefix(57) + "…"
    }
}
