/// One field of a section: its key, its shape, and where its value goes.
struct Rule<Root: Sendable>: Sendable {
    let key: String
    /// One sentence for editors.
    let summary: String
    let schema: Literal
    let isRequired: Bool
    let apply: @Sendable (Field, inout Root) -> Void
    let write: @Sendable (Root) -> Literal?

    init<Value: Sendable>(
        _ key: String, _ target: any WritableKeyPath<Root, Value> & Sendable, _ shape: Shape<Value>,
        isRequired: Bool = false,
        _ summary: String
    ) {
        self.key = key
        self.summary = summary
        self.isRequired = isRequired
        schema = shape.schema
        apply = { field, root in
            if let value = shape.read(field, root[keyPath: target]) { root[keyPath: target] = value }
        }
        write = { shape.write($0[keyPath: target]) }
    }
}

extension Shape {
    /// A mapping with these fields. `later` names fields that are planned: they get a message of their own.
    static func section(_ rules: [Rule<Value>], defaults: Value, later: [String] = []) -> Shape<Value> {
        let keys = rules.map(\.key)
        return Shape(
            schema: schema(of: rules, defaults: defaults),
            read: { field, value in
                guard let entries = field.entries() else { return nil }
                var value = value
                for entry in entries {
                    let child = field.child(entry)
                    if let rule = rules.first(where: { $0.key == entry.key }) {
                        rule.apply(child, &value)
                    } else {
                        UnknownKey(entry: entry, parent: field, child: child, siblings: keys, later: later).note()
                    }
                }
                for rule in rules where rule.isRequired && !entries.contains(where: { $0.key == rule.key }) {
                    field.reject("the field \"\(rule.key)\" is missing", expected: rule.summary, echoes: false)
                }
                return value
            },
            write: { value in
                .mapping(rules.compactMap { rule in rule.write(value).map { (key: rule.key, value: $0) } })
            })
    }

    private static func schema(of rules: [Rule<Value>], defaults: Value) -> Literal {
        let properties = rules.map { rule in
            var property = Literal.mapping(["description": .text(rule.summary)])
            if case .mapping(let pairs) = rule.schema {
                for (key, value) in pairs { property = property.adding(key, value) }
            }
            let hasDefault = !rule.isRequired && rule.schema["properties"] == nil
            return (key: rule.key, value: property.adding("default", hasDefault ? rule.write(defaults) : nil))
        }
        let required = rules.filter(\.isRequired).map { Literal.text($0.key) }
        return Literal.mapping(["type": .text("object"), "additionalProperties": .bool(false)])
            .adding("required", required.isEmpty ? nil : .list(required))
            .adding("properties", .mapping(properties))
    }
}
