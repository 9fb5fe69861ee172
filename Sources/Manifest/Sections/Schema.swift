internal import Model

extension Shape<SchemaSettings> {
    /// `spec.schema`.
    static let schema = section(
        [
            Rule(
                "extensions", \.extensions, .extensions,
                "Extensions that must exist in the application's database."),
            Rule(
                "migrations", \.migrations,
                Shape<Migration>.migration.list(upTo: 200, empty: Migration(name: "", sql: ""), unique: { $0.name }),
                "SQL files in the order in which they are applied, once each, relative to this file."),
        ], defaults: SchemaSettings())
}

extension Shape<[ExtensionSettings]> {
    /// Extensions of a database.
    static let extensions = Shape<ExtensionSettings>.extensionSettings.list(
        upTo: 64, empty: ExtensionSettings(name: ""), unique: { $0.name })
}

extension Shape<ExtensionSettings> {
    fileprivate static let extensionSettings = section(
        [
            Rule("name", \.name, .name(.extension), isRequired: true, "The extension's name."),
            Rule(
                "version", \.version, Shape<String>.extensionVersion.optional(""),
                "A version to hold it at; without it what the image installs."),
        ], defaults: ExtensionSettings(name: ""))
}

extension Shape<String> {
    fileprivate static let extensionVersion = Shape(
        schema: .mapping(["type": .text("string"), "pattern": .text("^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$")]),
        read: { field, _ in
            let expected = "a version such as \"0.8.7\""
            guard let text = field.text(expected: expected) else { return nil }
            guard text.wholeMatch(of: /[0-9A-Za-z][0-9A-Za-z._-]{0,31}/) != nil else {
                field.reject("is no version", expected: expected)
                return nil
            }
            return text
        },
        write: { .text($0) })
}
