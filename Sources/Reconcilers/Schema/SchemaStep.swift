import Model

/// One transaction of the superuser towards the wanted schema; the migrations themselves are the admin role's.
struct SchemaStep {
    let sql: String
    let reason: Reason

    /// All that is due, in order: what an extension needs comes before it in the manifest.
    /// - Parameter mayUpdate: whether an extension that is there may become newer.
    static func due(database: DatabaseView, cluster: Cluster, mayUpdate: Bool) -> [SchemaStep] {
        let admin = SQL.identifier(cluster.accounts.admin.role.text)
        var steps: [SchemaStep] = []
        if !database.application.mayRead {
            steps.append(
                SchemaStep(
                    sql: reading,
                    reason: .roleDiffers(MonitorSettings.role, ["SELECT on controller.migrations"])))
        }
        switch database.application.migrations {
        case .unknown: return steps
        case .absent:
            steps.append(SchemaStep(sql: history + recording(admin) + reading, reason: .migrationPending("history")))
        case .present where !database.application.mayRecord:
            steps.append(
                SchemaStep(
                    sql: recording(admin),
                    reason: .roleDiffers(cluster.accounts.admin.role, ["INSERT on controller.migrations"])))
        case .present: break
        }
        if !database.application.missingGrants.isEmpty {
            steps.append(
                SchemaStep(
                    sql: "GRANT USAGE, CREATE ON SCHEMA public TO \(admin);",
                    reason: .roleDiffers(cluster.accounts.admin.role, database.application.missingGrants)))
        }
        return steps
            + cluster.schema.extensions.compactMap { wanted in
                extensionStep(
                    wanted, seen: database.application.extensions.first { $0.name == wanted.name }, mayUpdate: mayUpdate
                )
            }
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

    /// What the console's role lacks to read what applications keep; nothing of PostgreSQL's own. (The predefined role for
    /// reading, `pg_read_all_data`, reads the stored passwords, too.) It is due again for each table that another role than the
    /// admin makes, so it says nothing of whether the schema is current.
    static func showing(_ database: DatabaseView, to console: ConsoleSettings, of cluster: Cluster) -> SchemaStep? {
        let schemas = database.application.hiddenSchemas
        guard console.enabled, !schemas.isEmpty else { return nil }
        let (role, owner) = (
            SQL.identifier(console.account.role.text), SQL.identifier(cluster.accounts.admin.role.text)
        )
        let list = schemas.map { SQL.identifier($0) }.joined(separator: ", ")
        return SchemaStep(
            sql: """
                GRANT USAGE ON SCHEMA \(list) TO \(role);
                GRANT SELECT ON ALL TABLES IN SCHEMA \(list) TO \(role);
                ALTER DEFAULT PRIVILEGES FOR ROLE \(owner) IN SCHEMA \(list) GRANT SELECT ON TABLES TO \(role);
                """,
            reason: .roleDiffers(console.account.role, ["SELECT in schema \(schemas.joined(separator: ", "))"]))
    }

    /// What the monitor needs to see it.
    private static let reading = """

        GRANT USAGE ON SCHEMA controller TO \(MonitorSettings.role);
        GRANT SELECT ON controller.migrations TO \(MonitorSettings.role);
        """

    /// What the admin role needs to record what it applies. It may write what it likes there: who reads the table as the
    /// superuser takes each row for text, and for nothing more. It does not own the table, so it has no trigger on it.
    private static func recording(_ admin: String) -> String {
        "\nGRANT USAGE ON SCHEMA controller TO \(admin);"
            + "\nGRANT SELECT, INSERT, UPDATE ON controller.migrations TO \(admin);"
    }
}
