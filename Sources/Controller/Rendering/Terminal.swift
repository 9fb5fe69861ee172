import Glibc

/// Standard output and error, and what a terminal can show.
enum Terminal {
    /// Whether standard output is a terminal that may be coloured.
    static let hasColour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil

    static func say(_ text: String) {
        print(text)
        fflush(nil)
    }

    static func complain(_ text: String) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        let bytes = Array(line.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }

    static func green(_ text: String) -> String { coloured(text, 32) }
    static func red(_ text: String) -> String { coloured(text, 31) }
    static func yellow(_ text: String) -> String { coloured(text, 33) }
    static func bold(_ text: String) -> String { coloured(text, 1) }
    static func dim(_ text: String) -> String { coloured(text, 2) }

    private static func coloured(_ text: String, _ code: Int) -> String {
        hasColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Names and log lines come from outside: control characters in them must not reach the terminal.
    static func plain(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }
}

/// Columns of text, aligned.
struct Table {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row.map { $0.isEmpty ? "-" : Terminal.plain($0) }) }

    /// The lines, the header first.
    var lines: [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line +=
                    column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return line
        }
    }
}

extension Terminal {
    /// Passes bytes on as they are.
    static func write(_ bytes: [UInt8], toError: Bool = false) {
        _ = Glibc.write(toError ? STDERR_FILENO : STDOUT_FILENO, bytes, bytes.count)
    }
}
