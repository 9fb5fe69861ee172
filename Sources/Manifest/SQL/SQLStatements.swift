/// Cuts a script into its statements, as psql and PostgreSQL do: by semicolons that stand neither in parentheses nor in a
/// `BEGIN ATOMIC … END` body.
struct SQLStatement {
    /// Its tokens without the semicolon, and how many parentheses are open around each.
    private(set) var tokens: [(token: SQLToken, depth: Int)] = []
    private var depth = 0
    /// How many BEGIN ATOMIC and CASE are open.
    private var bodies = 0

    /// Takes one more token; true when it ends the statement.
    mutating func add(_ token: SQLToken) -> Bool {
        switch token.kind {
        case .symbol(UInt8(ascii: "(")): depth += 1
        case .symbol(UInt8(ascii: ")")): depth = max(0, depth - 1)
        case .symbol(UInt8(ascii: ";")): if depth == 0, bodies == 0 { return true }
        case .word(let word): follow(word)
        case .symbol, .literal, .metaCommand, .unclosed: break
        }
        tokens.append((token, depth))
        return false
    }

    private mutating func follow(_ word: String) {
        if bodies == 0 {
            let isBody = word == "ATOMIC" && tokens.last?.token.kind == .word("BEGIN") && makesRoutine
            if isBody { bodies = 1 }
            return
        }
        // any word may be a column's name behind AS or a dot
        if tokens.last?.token.kind == .word("AS") || tokens.last?.token.kind == .symbol(UInt8(ascii: ".")) { return }
        if word == "CASE" { bodies += 1 }
        if word == "END" { bodies -= 1 }
    }

    private var makesRoutine: Bool {
        var first = words(4)[...]
        guard first.popFirst() == "CREATE" else { return false }
        if first.prefix(2) == ["OR", "REPLACE"] { first = first.dropFirst(2) }
        return first.first == "FUNCTION" || first.first == "PROCEDURE"
    }

    /// Its first words; where something else than a word stands, that and what follows is left out.
    func words(_ count: Int, from start: Int = 0) -> [String] {
        tokens.dropFirst(start).prefix(count).map { entry -> String? in
            if case .word(let word) = entry.token.kind { word } else { nil }
        }.prefix { $0 != nil }.compactMap { $0 }
    }

    /// Whether these words follow each other anywhere outside parentheses.
    func has(_ words: [String]) -> Bool {
        let outside = tokens.filter { $0.depth == 0 }.map { entry -> String in
            if case .word(let word) = entry.token.kind { word } else { "" }
        }
        return outside.indices.contains { outside[$0...].starts(with: words) }
    }

    /// Whether a word stands in it anywhere.
    func mentions(_ word: String) -> Bool { tokens.contains { $0.token.kind == .word(word) } }
}
