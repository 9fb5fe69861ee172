/// One look after the other, on a terminal or in a pipe.
enum Watch {
    /// The text of one look. On a terminal each line takes the place of the last look's (ECMA-48: CUP, EL, ED); in a
    /// pipe an empty line follows.
    static func screen(_ lines: [String], repaints: Bool) -> String {
        if !repaints { return lines.joined(separator: "\n") + "\n" }
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }
}
