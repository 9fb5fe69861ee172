/// A key that its section does not have: the most helpful thing that can be said about it.
struct UnknownKey {
    let entry: Tree.Entry
    let parent: Field
    let child: Field
    let siblings: [String]
    let later: [String]

    /// What other tools call our fields.
    private static let otherNames = [
        "replicas": "spec.nodes.count", "instances": "spec.nodes.count", "version": "spec.postgres.version",
        "password": "passwordFile", "sync": "spec.postgres.synchronous.mode", "shmSize": "spec.nodes.sharedMemory",
        "username": "user", "role": "user", "volume": "spec.backups.volume", "pg_hba": "spec.postgres.hba",
    ]

    func note() {
        let key = Tree.excerpt(entry.key)
        if later.contains(entry.key) { return note("\"\(key)\" is not available in this version", expected: nil) }
        if parent.path.hasPrefix("spec.roles["), ["superuser", "replication", "bypassrls"].contains(entry.key) {
            return note("no declared role is \"\(key)\": it would stand above what the controller keeps", expected: nil)
        }
        let lowered = key.lowercased()
        if ["password", "secret", "token"].contains(where: lowered.contains), !siblings.contains(where: isNear) {
            let hint = siblings.first { ["passwordFile", "keySecretFile"].contains($0) }
            return note(
                "secrets are never written in the manifest", expected: "passwordFile with a file's path",
                suggestion: hint)
        }
        let nearest = Suggestion.nearest(to: entry.key, among: siblings)
        let elsewhere = Self.otherNames[entry.key] ?? Manifest.paths[entry.key]
        note(
            "unknown field \"\(key)\"", expected: "one of \(siblings.joined(separator: ", "))",
            suggestion: nearest ?? elsewhere)
    }

    private func isNear(_ sibling: String) -> Bool { Suggestion.nearest(to: entry.key, among: [sibling]) != nil }

    private func note(_ problem: String, expected: String?, suggestion: String? = nil) {
        let log = parent.log
        log.note(
            ManifestError(
                file: log.file, position: entry.position, path: child.path, problem: problem, expected: expected,
                suggestion: suggestion))
    }
}
