/// What a value may be: one description that reads it, prints it and explains it to an editor.
struct Shape<Value: Sendable>: Sendable {
    /// The JSON Schema of the value.
    var schema: Literal
    /// Reads a field over the value that is there so far; notes what is wrong and returns nil then.
    var read: @Sendable (Field, Value) -> Value?
    /// The value as the manifest writes it; nil when it is not written at all.
    var write: @Sendable (Value) -> Literal?

    init(
        schema: Literal, read: @escaping @Sendable (Field, Value) -> Value?,
        write: @escaping @Sendable (Value) -> Literal?
    ) {
        self.schema = schema
        self.read = read
        self.write = write
    }
}

extension Shape {
    /// The same values in another type.
    func map<Other: Sendable>(
        _ wrap: @escaping @Sendable (Value) -> Other, _ unwrap: @escaping @Sendable (Other) -> Value
    )
        -> Shape<Other>
    {
        Shape<Other>(
            schema: schema, read: { field, value in read(field, unwrap(value)).map(wrap) }, write: { write(unwrap($0)) }
        )
    }

    /// A value that need not be there.
    func optional(_ empty: Value) -> Shape<Value?> {
        Shape<Value?>(
            schema: schema,
            read: { field, value in
                guard let result = read(field, value ?? empty) else { return nil }
                return .some(result)
            },
            write: { $0.flatMap(write) })
    }

    /// A list of such values, each at most once by its `key`.
    func list(upTo limit: Int, empty: Value, unique key: @escaping @Sendable (Value) -> String) -> Shape<[Value]> {
        Shape<[Value]>(
            schema: .mapping(["type": .text("array"), "maxItems": .integer(limit), "items": schema]),
            read: { field, _ in
                guard let items = field.items() else { return nil }
                guard items.count <= limit else {
                    field.reject("has too many entries", got: String(items.count), expected: "at most \(limit)")
                    return nil
                }
                var seen: Set<String> = []
                return items.compactMap { item in
                    guard let value = read(item, empty) else { return nil }
                    guard seen.insert(key(value)).inserted else {
                        item.reject("stands twice in the list", got: key(value), expected: "each once")
                        return nil
                    }
                    return value
                }
            },
            write: { .list($0.compactMap(write)) })
    }
}
