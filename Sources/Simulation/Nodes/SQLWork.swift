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
        if case .migrate(let database, let file, _) = effect {
            guard directory(of: index)?.catalog.databases.contains(database) == true else {
                return .refused(Refusal(.unavailable, "database \"\(database)\" does not exist"))
            }
            // the lock on the history lets only one do its work
            if node.migration == nil {
                let end = now + draw(5...5000)
                engine.containers[index].node?.migration = (file, now, end)
            }
            return .done("under way")
        }
        var answer = Outcome.done("ok")
        withDirectory(of: index) { directory in
            answer = directory.catalog.perform(effect)
            guard case .done = answer else { return }
            directory.lsn += 50
        }
        return answer
    }
}

extension Catalog {
    /// Performs one statement, with PostgreSQL's own refusals.
    mutating func perform(_ effect: SQLEffect) -> Outcome {
        func refused(_ words: String) -> Outcome { .refused(Refusal(.invalid, words)) }
        switch effect {
        case .script(let database, let text):
            guard databases.contains(database) else { return refused("database \"\(database)\" does not exist") }
            execute(text, in: database)
        case .setPassword(let role, _):
            guard let place = roles.firstIndex(where: { $0.name == role }) else {
                return refused("role \"\(role)\" does not exist")
            }
            roles[place].passwordMatches = true
        case .dropDatabase(let name):
            closed.removeAll { $0 == name }
            if let seen = contents.first(where: { $0.name == name }), !seen.sessions.isEmpty {
                return refused("database \"\(name)\" is being accessed by other users")
            }
            contents.removeAll { $0.name == name }
        case .dropRole(let name):
            guard !contents.contains(where: { $0.owner == name }) else {
                return refused("role \"\(name)\" cannot be dropped because some objects depend on it")
            }
            roles.removeAll { $0.name == name }
        case .checkpoint, .advanceWAL, .migrate: break
        }
        return .done("ok")
    }

    /// Runs one script.
    package mutating func execute(_ text: String, in database: DatabaseName) {
        for statement in text.split(separator: ";") {
            let words = statement.split { $0 == " " || $0 == "\n" }.map { word in word.filter { $0 != "\"" } }
            guard words.count >= 3 else { continue }
            switch (words[0], words[1]) {
            case ("ALTER", "ROLE") where words.count > 9 && words[3] == "IN":
                let value = words.dropFirst(9).joined(separator: " ").filter { $0 != "'" }
                setRole(words[2], ["SET \(words[7])=\(value)"])
            case ("CREATE", "ROLE"), ("ALTER", "ROLE"): setRole(words[2], Array(words.dropFirst(3)))
            case ("GRANT", "USAGE,"): isGranted = true

            case ("GRANT", "CONNECT"): closed.removeAll { $0.text == words[4] }
            case ("REVOKE", "CONNECT"): closed = (closed + [DatabaseName(words[4])]).sorted()
            case ("GRANT", "SET"): setRole(words[6], ["MAY SET \(words[4])"])
            case ("GRANT", _) where words[2] == "TO": setRole(words[3], ["IN \(words[1])"])
            case ("REVOKE", _) where words[2] == "FROM": setRole(words[3], ["NOT IN \(words[1])"])
            case ("CREATE", "DATABASE"), ("ALTER", "DATABASE"): setDatabase(words[2], Array(words.dropFirst(3)))
            case ("CREATE", "EXTENSION"):
                setExtension(words[5], version: words.last == "public" ? nil : words.last, in: database)
            case ("ALTER", "EXTENSION"): setExtension(words[2], version: words.last, in: database)
            case ("DROP", "EXTENSION"): extensions.removeAll { $0.name == words[2] }
            case ("CREATE", "FUNCTION"):
                if words[2].hasPrefix("controller.monitor") { hasMonitorFunction = true } else { hasPoolerLogin = true }
            case ("CREATE", "TABLE"): migrations = migrations ?? []
            default: break
            }
        }
    }

    private mutating func setRole(_ name: String, _ words: [String]) {
        var role =
            roles.first { $0.name.text == name }
            ?? RoleView(name: RoleName(name), attributes: ["INHERIT"], passwordMatches: false)
        for (index, word) in words.enumerated() {
            if word == "CONNECTION" || word == "VALID" || index > 0 && words[index - 1] == "VALID" { continue }
            if index > 0, words[index - 1] == "LIMIT" {
                role.connectionLimit = Int(word) ?? -1
            } else if index > 0, words[index - 1] == "UNTIL" {
                role.validUntil = Timestamp(words.dropFirst(index).joined(separator: " ").filter { $0 != "'" })
                break
            } else if word == "LIMIT" || word == "UNTIL" {
                continue
            } else if word.hasPrefix("NOT IN ") {
                role.attributes.removeAll { $0 == word.dropFirst(4) }
                role.granted.removeAll { $0.text == word.dropFirst(7) }
            } else if word.hasPrefix("NO"), word.count > 2 {
                role.attributes.removeAll { $0 == word.dropFirst(2) }
            } else if !role.attributes.contains(word) {
                role.attributes.append(word)
                if word.hasPrefix("IN ") { role.granted.append(RoleName(String(word.dropFirst(3)))) }
            }
        }
        role.attributes.sort()
        role.granted.sort()
        roles = (roles.filter { $0.name != role.name } + [role]).sorted { $0.name < $1.name }
    }

    private mutating func setDatabase(_ name: String, _ words: [String]) {
        var database =
            contents.first { $0.name.text == name }
            ?? DeclaredDatabaseView(name: DatabaseName(name), owner: "postgres")
        database.extensions = .present(database.extensions.value ?? [])
        for (index, word) in words.enumerated() where index > 0 {
            if words[index - 1] == "LIMIT" { database.connectionLimit = Int(word) ?? -1 }
            let isOwner = words[index - 1] == "OWNER" && word != "TO" || words[index - 1] == "TO"
            if isOwner { database.owner = RoleName(word) }
        }
        contents = (contents.filter { $0.name != database.name } + [database]).sorted { $0.name < $1.name }
    }

    private mutating func setExtension(_ name: String, version: String?, in database: DatabaseName) {
        let plain = version?.filter { $0 != "'" } ?? "1.0"
        let new = ExtensionView(name: name, installed: plain, available: plain)
        func merged(_ list: [ExtensionView]) -> [ExtensionView] {
            (list.filter { $0.name != name } + [new]).sorted { $0.name < $1.name }
        }
        guard let place = contents.firstIndex(where: { $0.name == database }),
            case .present(let own) =
                contents[place].extensions
        else {
            extensions = merged(extensions)
            return
        }
        contents[place].extensions = .present(merged(own))
    }

    /// Writes down that a migration was applied, unless that was done by now.
    mutating func record(_ file: Migration) {
        let rows = migrations ?? []
        guard !rows.contains(where: { $0.name == file.name }) else { return }
        migrations = (rows + [AppliedMigration(name: file.name, checksum: file.checksum)]).sorted { $0.name < $1.name }
    }
}

extension Universe {
    /// A migration comes to its end with its session, or is lost with it.
    mutating func fireMigration(_ index: Int) {
        guard let node = engine.containers[index].node, let migration = node.migration else { return }
        guard node.server == .primary else {
            engine.containers[index].node?.migration = nil
            return
        }
        guard migration.until <= now else { return }
        engine.containers[index].node?.migration = nil
        isStirred = true
        withDirectory(of: index) { directory in
            directory.catalog.record(migration.file)
            directory.lsn += 50
        }
    }
}
