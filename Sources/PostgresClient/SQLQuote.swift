/// Names and strings inside SQL text, for the statements that take no parameters (DDL, `ALTER ROLE`, `SET`).
public enum SQLQuote {
    /// A quoted identifier: `items` → `"items"`.
    public static func identifier(_ name: String) -> String { "\"" + doubled(name, "\"") + "\"" }

    /// A string literal that is right whatever `standard_conforming_strings` says.
    public static func literal(_ text: String) -> String {
        let quoted = doubled(text, "'")
        return text.contains("\\") ? " E'" + doubled(quoted, "\\") + "'" : "'" + quoted + "'"
    }

    private static func doubled(_ text: String, _ mark: Character) -> String {
        // Scalars, not characters: a quote that a combining mark follows is a quote to the server.
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if Character(scalar) == mark { out.append(scalar) }
            out.append(scalar)
        }
        return String(out)
    }
}
