internal import Model

extension Shape<String> {
    /// A file with a secret in it. The path is never echoed: it may be the secret itself, by mistake.
    static let passwordFile = Shape(
        schema: .mapping(["type": .text("string"), "minLength": .integer(1)]),
        read: { field, _ in
            let expected = "the path of a file beside the manifest or in a secrets directory"
            guard case .scalar(let text, _) = field.tree.content, !field.tree.isNull else {
                field.reject("has to be a path", expected: expected, echoes: false)
                return nil
            }
            if let problem = field.log.files.secretProblem(text) {
                field.reject(problem, expected: expected, echoes: false)
                return nil
            }
            return text
        },
        write: { .text($0) })

    /// A file that an engine's connection needs; it is read when the connection is made.
    static let file = Shape(
        schema: .mapping(["type": .text("string"), "minLength": .integer(1)]),
        read: { field, _ in
            let expected = "a path without .."
            guard let text = field.text(expected: expected) else { return nil }
            guard !text.isEmpty, !text.split(separator: "/").contains("..") else {
                field.reject("is no path we follow", expected: expected)
                return nil
            }
            return text
        },
        write: { .text($0) })
}

extension Shape<Migration> {
    /// A SQL file below the manifest's directory.
    static let migration = Shape(
        schema: .mapping([
            "type": .text("string"), "pattern": .text("^([A-Za-z0-9_.-]+/)*[A-Za-z0-9][A-Za-z0-9_.-]*\\.sql$"),
        ]),
        read: { field, _ in
            let expected = "a .sql file below the manifest's directory, for example sql/001_items.sql"
            guard let path = field.text(expected: expected) else { return nil }
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard !path.hasPrefix("/"), !parts.contains(".."), !parts.contains("."), !parts.contains("") else {
                field.reject("leaves the manifest's directory or is written in a roundabout way", expected: expected)
                return nil
            }
            guard path.wholeMatch(of: /(?:[A-Za-z0-9_.-]+\/)*[A-Za-z0-9][A-Za-z0-9_.-]*\.sql/) != nil else {
                field.reject("is no name for a migration", expected: expected)
                return nil
            }
            switch field.log.files.migration(path) {
            case .success(let sql):
                let findings = MigrationCheck.findings(in: sql)
                findings.forEach { field.note($0, in: path) }
                return findings.isEmpty ? Migration(name: String(parts.last ?? ""), sql: sql, path: path) : nil
            case .failure(let problem):
                field.reject(problem.text, expected: expected)
                return nil
            }
        },
        write: { .text($0.path) })
}

extension Field {
    /// Notes a mistake in a file that this field names, at its place there.
    fileprivate func note(_ finding: MigrationCheck.Finding, in path: String) {
        let directory = log.file.lastIndex(of: "/").map { log.file[...$0] } ?? ""
        log.note(
            ManifestError(
                file: directory + path, position: finding.position, path: self.path, problem: finding.problem,
                got: finding.got, expected: finding.remedy))
    }
}
