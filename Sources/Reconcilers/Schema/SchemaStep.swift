import Model

/// One transaction towards the wanted schema.
struct SchemaStep {
    let sql: String
    let reason: Reason

    /// - Parameter mayUpdate: whether an extension that is there may become newer.
    static func next(database: DatabaseView, cluster: Cluster, mayUpdate: Bool) -> SchemaStep? {
        let admin = SQL.identifier(cluster.accounts.admin.role.text)
        switch database.migrations {
        case .unknown: return nil
        case .absent: return SchemaStep(sql: history, reason: .migrationPending("history"))
        case .present: break
        }
        if !database.missingGrants.isEmpty {
            return SchemaStep(
                sql: "GRANT USAGE, CREATE ON SCHEMA public TO \(admin);",
                reason: .roleDiffers(cluster.accounts.admin.role, database.missingGrants))
        }
        for wanted in cluster.schema.extensions {
            let seen = database.extensions.first { $0.name == wanted.name }
            if let step = extensionStep(wanted, seen: seen, mayUpdate: mayUpdate) { return step }
        }
        return migrationStep(cluster.schema.migrations, applied: database.migrations.value ?? [], admin: admin)
    }

    /// What an extension needs that a database must have.
    static func extensionStep(
        _ wanted: ExtensionSettings, seen: ExtensionView?, mayUpdate: Bool
    ) -> SchemaStep? {
        let name = SQL.identifier(wanted.name)
        let reason = Reason.extensionDiffers(name: wanted.name, wanted: wanted.version)
        let version = wanted.version.map { " VERSION \(SQL.literal($0))" } ?? ""
        guard let installed = seen?.installed else {
            return SchemaStep(sql: "CREATE EXTENSION IF NOT EXISTS \(name) SCHEMA public\(version);", reason: reason)
        }
        guard mayUpdate, let target = wanted.version ?? newer(seen?.available, than: installed), target != installed
        else { return nil }
        return SchemaStep(sql: "ALTER EXTENSION \(name) UPDATE TO \(SQL.literal(target));", reason: reason)
    }

    /// The version that the libraries bring along, where it is newer; numbers are compared part by part.
    private static func newer(_ available: String?, than installed: String) -> String? {
        guard let available else { return nil }
        func parts(_ version: String) -> [Int] { version.split { !$0.isNumber }.map { Int($0) ?? 0 } }
        return parts(installed).lexicographicallyPrecedes(parts(available)) ? available : nil
    }

    /// The first migration that was never applied, or whose objects are gone. From a gap on, every file is applied
    /// again in order, because later files build on what the earlier ones made; files must be written to allow that.
    private static func migrationStep(
        _ wanted: [Migration], applied: [AppliedMigration], admin: String
    ) -> SchemaStep? {
        for migration in wanted {
            guard let row = applied.first(where: { $0.name == migration.name }) else {
                return SchemaStep(
                    sql: script(migration, admin: admin), reason: .migrationPending(migration.name))
            }
            guard row.missingObjects.isEmpty || row.checksum != migration.checksum else {
                return SchemaStep(
                    sql: script(migration, admin: admin),
                    reason: .objectsMissing(migration: migration.name, row.missingObjects))
            }
        }
        return nil
    }

    /// The history table, in a schema of its own.
    private static let history = """
        CREATE SCHEMA IF NOT EXISTS controller;
        CREATE TABLE IF NOT EXISTS controller.migrations (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            objects text[] NOT NULL DEFAULT '{}'
        );
        """

    /// The file as the admin role, and in the same transaction what it made; a migration that drops or renames what an
    /// earlier one made takes it off that one's list.
    private static func script(_ migration: Migration, admin: String) -> String {
        """
        CREATE TEMPORARY TABLE relations_before ON COMMIT DROP AS SELECT oid FROM pg_catalog.pg_class;
        SET LOCAL search_path = public;
        SET LOCAL ROLE \(admin);
        \(migration.sql)
        ;
        RESET ROLE;
        SET LOCAL search_path = pg_catalog, pg_temp;
        INSERT INTO controller.migrations AS m (name, checksum, objects)
        SELECT \(SQL.literal(migration.name)), \(SQL.literal(migration.checksum.text)), coalesce(array_agg(
            format('%I.%I', n.nspname, c.relname) ORDER BY 1), '{}')
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid NOT IN (SELECT oid FROM relations_before) AND c.relkind IN ('r', 'p', 'v', 'm', 'i', 'I', 'S')
            AND n.nspname NOT LIKE 'pg\\_%'
        ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now(),
            objects = (SELECT array_agg(DISTINCT o) FROM unnest(m.objects || excluded.objects) AS o);
        UPDATE controller.migrations SET objects =
            (SELECT coalesce(array_agg(o), '{}') FROM unnest(objects) AS o WHERE to_regclass(o) IS NOT NULL)
        WHERE EXISTS (SELECT FROM unnest(objects) AS o WHERE to_regclass(o) IS NULL)
            AND name <= \(SQL.literal(migration.name));
        """
    }
}
