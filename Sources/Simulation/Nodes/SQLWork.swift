package import Model

/// The statements the planners write, understood by their first words.
extension Universe {
    /// Performs statements on one node's PostgreSQL.
    package mutating func perform(_ effect: SQLEffect, on name: NodeName) -> Outcome {
        guard let index = index(of: name), isReachable(index), let node = engine.containers[index].node,
            directory(of: index) != nil
        else { return .refused(Refusal(.unavailable, "connection refused")) }
        switch node.server {
        case .stopped, .failed: return .refused(Refusal(.unavailable, "the database system is shut down"))
        case .replica: return .refused(Refusal(.conflict, "cannot execute in a read-only transaction"))
        case .primary: break
        }
        if effect == .checkpoint {
            engine.containers[index].node?.checkpointedAt = now
            return .done("ok")
        }
        var answer = Outcome.done("ok")
        withDirectory(of: index) { directory in
            switch effect {
            case .script(let database, let text):
                guard directory.catalog.databases.contains(database) else {
                    answer = .refused(Refusal(.invalid, "database \"\(database)\" does not exist"))
                    return
                }
                directory.catalog.execute(text)
            case .checkpoint: break
            case .setPassword(let role, _):
                guard let place = directory.catalog.roles.firstIndex(where: { $0.name == role }) else {
                    answer = .refused(Refusal(.invalid, "role \"\(role)\" does not exist"))
                    return
                }
                directory.catalog.roles[place].passwordMatches = true
            }
            directory.lsn += 50
        }
        return answer
    }
}

extension Catalog {
    /// Runs one script.
    package mutating func execute(_ text: String) {
        if text.hasPrefix("CREATE TEMPORARY TABLE relations_before") { return applyMigration(text) }
        for statement in text.split(separator: ";") {
            let words = statement.split { $0 == " " || $0 == "\n" }.map { word in word.filter { $0 != "\"" } }
            guard words.count >= 3 else { continue }
            switch (words[0], words[1]) {
            case ("CREATE", "ROLE"), ("ALTER", "ROLE"): setRole(words[2], Array(words.dropFirst(3)))
            case ("GRANT", "USAGE,"): isGranted = true
            case ("GRANT", _) where words[2] == "TO": setRole(words[3], ["IN \(words[1])"])
            case ("CREATE", "DATABASE"): databases = (databases + [DatabaseName(words[2])]).sorted()
            case ("CREATE", "EXTENSION"): setExtension(words[5], version: words.last == "public" ? nil : words.last)
            case ("ALTER", "EXTENSION"): setExtension(words[2], version: words.last)
            case ("DROP", "EXTENSION"): extensions.removeAll { $0.name == words[2] }
            case ("CREATE", "FUNCTION"): hasPoolerLogin = true
            case ("CREATE", "TABLE"): migrations = migrations ?? []
            default: break
            }
        }
    }

    private mutating func setRole(_ name: String, _ attributes: [String]) {
        var role =
            roles.first { $0.name.text == name }
            ?? RoleView(name: RoleName(name), attributes: [], passwordMatches: false)
        for attribute in attributes where !role.attributes.contains(attribute) {
            if attribute == "NOSUPERUSER" {
                role.attributes.removeAll { $0 == "SUPERUSER" }
            } else {
                role.attributes.append(attribute)
            }
        }
        role.attributes.sort()
        roles = (roles.filter { $0.name != role.name } + [role]).sorted { $0.name < $1.name }
    }

    private mutating func setExtension(_ name: String, version: String?) {
        let plain = version?.filter { $0 != "'" } ?? "1.0"
        extensions.removeAll { $0.name == name }
        extensions.append(ExtensionView(name: name, installed: plain, available: plain))
        extensions.sort { $0.name < $1.name }
    }

    private mutating func applyMigration(_ text: String) {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("SELECT '") }) else { return }
        let parts = line.split(separator: "'")
        guard parts.count >= 4 else { return }
        let row = AppliedMigration(name: String(parts[1]), checksum: Digest(text: String(parts[3])))
        var rows = (migrations ?? []).filter { $0.name != row.name }
        rows.append(row)
        migrations = rows.sorted { $0.name < $1.name }
    }
}
