/// Names and strings inside SQL text, for the statements that take no parameters (`CREATE ROLE`, `ALTER DATABASE`, …).
///
/// It is the only place that quotes. It works on Unicode scalars, because the server does not know Swift's characters:
/// a quote that another scalar clings to, before or behind it, is one character in Swift and a quote to the server.
public enum SQL {
    /// A quoted identifier: `items` → `"items"`.
    public static func identifier(_ name: String) -> String { quoted(name, by: "\"") }

    /// A string literal that is right whatever `standard_conforming_strings` says.
    public static func literal(_ text: String) -> String {
        guard text.unicodeScalars.contains("\\") else { return quoted(text, by: "'") }
        return " E" + doubled(quoted(text, by: "'"), "\\")
    }

    private static func quoted(_ text: String, by mark: Unicode.Scalar) -> String {
        "\(mark)\(doubled(text, mark))\(mark)"
    }

    private static func doubled(_ text: String, _ mark: Unicode.Scalar) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == mark { out.append(scalar) }
            out.append(scalar)
        }
        return String(out)
    }
}
