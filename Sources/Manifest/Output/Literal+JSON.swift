internal import Model

extension Literal {
    /// The value as indented JSON.
    var json: String { json(indent: "") }

    private func json(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .decimal(let text): return text
        case .text(let text): return JSONValue.quoted(text)
        case .list(let items):
            if items.allSatisfy(\.isScalar) {
                return "[" + items.map { $0.json(indent: "") }.joined(separator: ", ") + "]"
            }
            return "[\n" + items.map { inner + $0.json(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .mapping(let pairs):
            if pairs.isEmpty { return "{}" }
            let members = pairs.map { "\(inner)\(JSONValue.quoted($0.key)): \($0.value.json(indent: inner))" }
            return "{\n" + members.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private var isScalar: Bool {
        switch self {
        case .bool, .integer, .decimal, .text: true
        case .list, .mapping: false
        }
    }
}
