import Model
import PostgresClient

extension DatabaseObserver {
    /// The histories in the archive, where it is a volume, of timelines that are newer than the primary's: the node
    /// that made them does not lead. Empty where they cannot be seen.
    func strayHistories(newerThan timeline: Int64, server: ServerAddress) async -> [String] {
        guard cluster.backups.enabled, cluster.backups.s3 == nil else { return [] }
        let archive = "/var/lib/pgbackrest/archive/\(cluster.backups.stanza)/"
        // pgBackRest's archives of a stanza, `18-1`, one for each version and system identifier; the newest is in use
        let number: (String) -> Int? = { name in
            let parts = name.split(separator: "-")
            return parts.count == 2 && Int(parts[0]) != nil ? Int(parts[1]) : nil
        }
        guard let names = await list(archive, server: server),
            let newest = names.filter({ number($0) != nil }).max(by: { number($0) ?? 0 < number($1) ?? 0 })
        else { return [] }
        return (await list(archive + newest, server: server) ?? []).filter { name in
            guard name.count == 16, name.hasSuffix(".history"), let own = Int64(name.prefix(8), radix: 16) else {
                return false
            }
            return own > timeline
        }.sorted()
    }

    private func list(_ directory: String, server: ServerAddress) async -> [String]? {
        let query = """
            SELECT coalesce(pg_catalog.json_agg(name), '[]')::text AS view
              FROM pg_catalog.pg_ls_dir($1::pg_catalog.text, true, false) AS name
            """
        do {
            let session = try await world.session(server: server, database: "postgres")
            let rows = try await session.query(query, [PostgresValue(directory)], deadline: .seconds(3)).rows
            return try DatabaseQuery.decode([String].self, from: rows)
        } catch {
            return nil
        }
    }
}
