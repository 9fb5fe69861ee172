import FoundationEssentials

/// The `filters` parameter of lists and events: all keys must match, and of one key's values any.
///
///     ["label": ["controller.cluster=demo"], "status": ["running", "paused"]]
public struct DockerFilters: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// Values by key; which keys there are depends on the endpoint.
    public var values: [String: [String]]

    /// Makes filters; none means everything matches.
    public init(_ values: [String: [String]] = [:]) { self.values = values }

    /// Makes filters from a literal.
    public init(dictionaryLiteral elements: (String, [String])...) {
        values = Dictionary(elements) { $0 + $1 }
    }

    /// Objects with this label, and this value if one is given.
    public static func label(_ key: String, _ value: String? = nil) -> DockerFilters {
        ["label": [value.map { "\(key)=\($0)" } ?? key]]
    }

    /// Docker's form: a JSON object of lists; `nil` without filters.
    var parameter: String? {
        guard !values.isEmpty else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Strings in dictionaries always encode.
        return (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) }
    }
}
