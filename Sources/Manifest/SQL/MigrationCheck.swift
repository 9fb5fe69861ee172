/// What a migration cannot hold: the controller applies a file and records it in one transaction, and it is no psql. Only what
/// a statement begins with decides; the rest is PostgreSQL's to judge.
enum MigrationCheck {
    /// Something that has no place in a migration.
    struct Finding: Equatable {
        var position: Position
        /// What stands there.
        var got: String
        var problem: String
        var remedy: String
    }

    /// At most so many are told of one file.
    static let limit = 10

    /// What is wrong with a file, in its order.
    static func findings(in sql: String) -> [Finding] {
        let bytes = Array(sql.utf8)
        var tokens = SQLTokens(bytes)
        var statement = SQLStatement()
        var findings: [(offset: Int, got: String, rule: Rule)] = []
        func judge() {
            guard let first = statement.tokens.first, let (got, rule) = rule(for: statement) else { return }
            findings.append((first.token.offset, got, rule))
            if rule == .copy { tokens.skipCopyData() }
        }
        while findings.count < limit, let token = tokens.next() {
            switch token.kind {
            case .metaCommand(let text): findings.append((token.offset, text, .metaCommand))
            case .unclosed(let what): findings.append((token.offset, what, .unclosed))
            case .word, .literal, .symbol:
                guard statement.add(token) else { continue }
                judge()
                statement = SQLStatement()
            }
        }
        if findings.count < limit { judge() }
        return findings.map { finding in
            Finding(
                position: position(of: finding.offset, in: bytes), got: finding.got, problem: finding.rule.problem,
                remedy: finding.rule.remedy)
        }
    }

    private static func position(of offset: Int, in bytes: [UInt8]) -> Position {
        let before = bytes[..<offset]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // a scalar's later bytes are no columns
        return Position(line: line, column: bytes[lineStart..<offset].count { $0 & 0xC0 != 0x80 } + 1)
    }

    /// The kinds of findings.
    private enum Rule {
        case transaction, outside, copy, metaCommand, unclosed

        var problem: String {
            switch self {
            case .transaction:
                "the file is applied and recorded in one transaction, which it can neither begin nor end itself"
            case .outside: "PostgreSQL runs this only outside of a transaction, and each file is applied in one"
            case .copy: "there is no client that data could be copied from or to"
            case .metaCommand: "this is a command of psql's and no SQL"
            case .unclosed: "it begins here and does not end"
            }
        }

        var remedy: String {
            switch self {
            case .transaction:
                "a file without this statement; if it was applied already, take the file out of the list: its record stays"
            case .outside: "another statement (an index without CONCURRENTLY), or this one by hand"
            case .copy: "INSERT"
            case .metaCommand: "SQL alone"
            case .unclosed: "its end"
            }
        }
    }

    private static func rule(for statement: SQLStatement) -> (got: String, rule: Rule)? {
        let words = statement.words(6)
        func found(_ rule: Rule, _ count: Int) -> (String, Rule) { (words.prefix(count).joined(separator: " "), rule) }
        func begins(_ start: String...) -> Bool { words.starts(with: start) }
        switch words.first {
        case "BEGIN", "COMMIT", "END", "ABORT", "ROLLBACK", "SAVEPOINT", "RELEASE": return found(.transaction, 2)
        case "START" where begins("START", "TRANSACTION"): return found(.transaction, 2)
        case "PREPARE" where begins("PREPARE", "TRANSACTION") && isPreparedTransaction(statement):
            return found(.transaction, 2)
        case "SET" where begins("SET", "TRANSACTION"), "SET" where begins("SET", "LOCAL", "TRANSACTION"),
            "SET" where begins("SET", "SESSION", "TRANSACTION"):
            return found(.transaction, 3)
        case "COPY":
            let isOpen = ["FROM", "TO"].contains { way in
                ["STDIN", "STDOUT"].contains { statement.has([way, $0]) }
            }
            return isOpen ? ("COPY … " + (statement.has(["FROM"]) ? "FROM stdin" : "TO stdout"), .copy) : nil
        case "VACUUM": return found(.outside, 1)
        case "CREATE":
            let rest = words.dropFirst(words.dropFirst().first == "UNIQUE" ? 2 : 1)
            if rest.starts(with: ["INDEX", "CONCURRENTLY"]) { return ("CREATE INDEX CONCURRENTLY", .outside) }
            if begins("CREATE", "DATABASE") || begins("CREATE", "TABLESPACE") { return found(.outside, 2) }
            // without a slot and without a connection it makes nothing elsewhere
            let isLocal = statement.mentions("CREATE_SLOT") || statement.mentions("CONNECT")
            return begins("CREATE", "SUBSCRIPTION") && !isLocal ? found(.outside, 2) : nil
        case "DROP":
            if begins("DROP", "INDEX", "CONCURRENTLY") { return found(.outside, 3) }
            return begins("DROP", "DATABASE") || begins("DROP", "TABLESPACE") ? found(.outside, 2) : nil
        case "ALTER": return alteration(statement, words).map { ($0, .outside) }
        case "REINDEX": return reindexing(statement).map { ($0, .outside) }
        case "CLUSTER": return isWholeCluster(statement) ? found(.outside, 1) : nil
        case "DISCARD" where begins("DISCARD", "ALL"): return found(.outside, 2)
        default: return nil
        }
    }

    /// `PREPARE TRANSACTION 'x'`; a prepared statement may be called `transaction`, too.
    private static func isPreparedTransaction(_ statement: SQLStatement) -> Bool {
        statement.tokens.count > 2 && statement.tokens[2].token.kind == .literal
    }

    private static func alteration(_ statement: SQLStatement, _ words: [String]) -> String? {
        if words.starts(with: ["ALTER", "SYSTEM"]) { return "ALTER SYSTEM" }
        if words.starts(with: ["ALTER", "DATABASE"]), statement.has(["SET", "TABLESPACE"]) {
            return "ALTER DATABASE … SET TABLESPACE"
        }
        let isDetachment =
            words.starts(with: ["ALTER", "TABLE"]) && statement.has(["DETACH", "PARTITION"])
            && statement.tokens.last?.token.kind == .word("CONCURRENTLY")
        return isDetachment ? "DETACH PARTITION … CONCURRENTLY" : nil
    }

    /// Several tables are each a transaction of their own.
    private static func reindexing(_ statement: SQLStatement) -> String? {
        let outside = statement.tokens.filter { entry in
            // the closing one stands at the depth around it
            entry.depth == 0 && entry.token.kind != .symbol(UInt8(ascii: ")"))
        }
        if statement.mentions("CONCURRENTLY") { return "REINDEX CONCURRENTLY" }
        guard outside.count > 1, case .word(let kind) = outside[1].token.kind,
            ["DATABASE", "SCHEMA", "SYSTEM"].contains(kind)
        else { return nil }
        return "REINDEX \(kind)"
    }

    /// Without a table it goes through all of them.
    private static func isWholeCluster(_ statement: SQLStatement) -> Bool {
        !statement.tokens.dropFirst().contains { entry in
            guard entry.depth == 0 else { return false }
            switch entry.token.kind {
            case .word(let word): return word != "VERBOSE"
            case .literal: return true
            case .symbol, .metaCommand, .unclosed: return false
            }
        }
    }
}
