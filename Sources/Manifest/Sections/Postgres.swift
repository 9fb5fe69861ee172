internal import Model

extension Shape<PostgresSettings> {
    /// `spec.postgres`.
    static let postgres = section(
        [
            Rule("version", \.version, .majorVersion, "PostgreSQL's major version. Cannot change."),
            Rule("parameters", \.parameters, .parameters, "postgresql.conf parameters over the controller's own."),
            Rule(
                "hba", \.hba, Shape<String>.hbaRule.list(upTo: 200, empty: "", unique: { $0 }),
                "pg_hba.conf lines that come before the controller's own."),
            Rule("synchronous", \.synchronous, .synchronous, "Synchronous replication."),
            Rule(
                "locale", \.locale, .oneOf(["C", "C.UTF-8", "PG_UNICODE_FAST"]),
                "The built-in provider's locale. Cannot change."),
            Rule("checksums", \.checksums, .flag, "Whether pages carry checksums. Cannot change."),
        ], defaults: PostgresSettings())
}

extension Shape<SynchronousSettings> {
    fileprivate static let synchronous = section(
        [
            Rule(
                "mode", \.mode, .choice(),
                "off, on (while a standby is there), quorum, or strict (always); on by default, off with one node."),
            Rule("number", \.number, .whole(1...8), "How many standbys must confirm."),
        ], defaults: SynchronousSettings())
}

extension Shape<Int> {
    fileprivate static let majorVersion = Shape(
        schema: .mapping(["enum": .list([.integer(18)])]),
        read: { field, _ in
            guard let text = field.scalar(expected: "18") else { return nil }
            if text == "18" { return 18 }
            let isMinor = text.wholeMatch(of: /18\.[0-9]+/) != nil
            field.reject(
                isMinor
                    ? "is a minor release, which the image decides; as a number, \(text) would lose its last zeros"
                    : "is a version that this controller does not run. \(ImmutableFields.upgrade)",
                expected: "the whole number 18")
            return nil
        },
        write: { .integer($0) })
}
