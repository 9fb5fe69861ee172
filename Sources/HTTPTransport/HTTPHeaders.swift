/// A response's header fields, in the order received.
public struct HTTPHeaders: Sendable {
    /// Every field as the server spelled it.
    public let fields: [(name: String, value: String)]

    /// Makes headers from fields.
    public init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

    /// The first field of that name; case does not matter (RFC 9110 §5.1).
    public subscript(_ name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }
}
