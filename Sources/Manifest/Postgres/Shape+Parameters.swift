internal import Model

extension Shape<[PostgresSettings.Parameter]> {
    /// `spec.postgres.parameters`: names PostgreSQL knows, values it would accept, nothing that is ours to decide.
    static let parameters = Shape(
        schema: .mapping([
            "type": .text("object"),
            "propertyNames": names,
            "additionalProperties": .mapping([
                "type": .list([.text("string"), .text("number"), .text("boolean")])
            ]),
        ]),
        read: { field, _ in
            guard let entries = field.entries() else { return nil }
            var parameters: [PostgresSettings.Parameter] = []
            for entry in entries {
                guard let parameter = parameter(entry, in: field) else { continue }
                if parameters.contains(where: { $0.name == parameter.name }) {
                    note("\"\(parameter.name)\" stands twice", expected: "each parameter once", at: entry, in: field)
                } else {
                    parameters.append(parameter)
                }
            }
            return parameters
        },
        write: { .mapping($0.map { (key: $0.name, value: .text($0.value)) }) })

    /// The names that may be set, for editors to complete.
    private static var names: Literal {
        let known = ParameterCatalogue.entries.filter { !$0.value.isInternal }.keys
            .filter { ManagedParameters.reason(for: $0, value: "") == nil }
        let prefixes = ParameterCatalogue.extensionPrefixes.joined(separator: "|")
        return .mapping([
            "anyOf": .list([
                .mapping(["enum": .list(known.sorted().map { .text($0) })]),
                .mapping(["pattern": .text("^(\(prefixes))\\.[a-z_][a-z0-9_]*$")]),
            ])
        ])
    }

    private static func parameter(_ entry: Tree.Entry, in parent: Field) -> PostgresSettings.Parameter? {
        let name = entry.key.lowercased()
        let field = parent.child(entry)
        let value = if case .scalar(let text, _) = entry.value.content { text } else { "" }
        if let (problem, expected) = ManagedParameters.reason(for: name, value: value) {
            note(problem, expected: expected, at: entry, in: parent)
            return nil
        }
        guard isKnown(name, entry, in: parent), let text = field.scalar(expected: "the parameter's value") else {
            return nil
        }
        if let known = ParameterCatalogue.entries[name],
            let wrong = ParameterValue(text: text, entry: known).problem
        {
            field.reject(wrong.problem, expected: wrong.expected, suggestion: wrong.suggestion)
            return nil
        }
        return PostgresSettings.Parameter(name, text)
    }

    private static func isKnown(_ name: String, _ entry: Tree.Entry, in parent: Field) -> Bool {
        if let known = ParameterCatalogue.entries[name] {
            if !known.isInternal { return true }
            note(
                "\"\(name)\" cannot be set: it is fixed when the cluster is created", expected: "no such line",
                at: entry,
                in: parent)
            return false
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2 {
            if ParameterCatalogue.extensionPrefixes.contains(parts[0]),
                parts[1].wholeMatch(of: /[a-z_][a-z0-9_]*/) != nil
            {
                return true
            }
            note(
                "no extension of the image is called \"\(Tree.excerpt(parts[0]))\"",
                expected: "a parameter of \(ParameterCatalogue.extensionPrefixes.joined(separator: ", "))", at: entry,
                in: parent, suggestion: Suggestion.nearest(to: parts[0], among: ParameterCatalogue.extensionPrefixes))
            return false
        }
        note(
            "PostgreSQL 18 has no parameter \"\(Tree.excerpt(name))\"", expected: "a parameter of PostgreSQL's",
            at: entry,
            in: parent, suggestion: Suggestion.nearest(to: name, among: Array(ParameterCatalogue.entries.keys)))
        return false
    }

    private static func note(
        _ problem: String, expected: String, at entry: Tree.Entry, in parent: Field, suggestion: String? = nil
    ) {
        parent.log.note(
            ManifestError(
                file: parent.log.file, position: entry.position, path: "\(parent.path).\(Tree.excerpt(entry.key))",
                problem: problem, expected: expected, suggestion: suggestion))
    }
}
