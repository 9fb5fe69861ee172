/// A value to print, as YAML for people or as JSON for editors; mappings keep their order.
indirect enum Literal: Sendable {
    case bool(Bool)
    case integer(Int)
    /// A number as it is written, for example `1.5`.
    case decimal(String)
    case text(String)
    case list([Literal])
    case mapping([(key: String, value: Literal)])

    static func mapping(_ pairs: KeyValuePairs<String, Literal>) -> Literal {
        .mapping(pairs.map { (key: $0.key, value: $0.value) })
    }

    /// The member of a mapping.
    subscript(_ key: String) -> Literal? {
        guard case .mapping(let pairs) = self else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    /// The same mapping with a member added at its end.
    func adding(_ key: String, _ value: Literal?) -> Literal {
        guard case .mapping(let pairs) = self, let value else { return self }
        return .mapping(pairs + [(key: key, value: value)])
    }

    var isEmptyCollection: Bool {
        switch self {
        case .list(let items): items.isEmpty
        case .mapping(let pairs): pairs.isEmpty
        case .bool, .integer, .decimal, .text: false
        }
    }
}
