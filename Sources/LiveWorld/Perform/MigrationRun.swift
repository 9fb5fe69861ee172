import Model
import PostgresClient

/// One migration on its way: the file and its record in one transaction, in a session of its own that the admin role has
/// logged in to. There is no superuser's session that the file could get back to.
struct MigrationRun {
    let migration: Migration
    let database: DatabaseName
    let role: RoleName
    let host: String
    let password: String
    /// Where it is reached, where the host is the name in its certificate.
    var address: String?
    /// The authorities whose certificates are trusted; nil for a server without one.
    var trustedAuthorities: String?

    /// What the session has whatever the role or the database sets. A migration takes as long as it takes; but while it waits
    /// for a lock, every other query on that table waits behind it, so it gives up soon and is tried again. A server whose
    /// controller has died ends it: nothing would record and commit it.
    private static let settings = [
        "search_path": "public", "standard_conforming_strings": "on", "default_transaction_read_only": "off",
        "quote_all_identifiers": "off",
        "statement_timeout": "0", "transaction_timeout": "0", "idle_in_transaction_session_timeout": "0",
        "idle_session_timeout": "0", "lock_timeout": "5s", "client_connection_check_interval": "5s",
    ]

    /// No limit of ours: about a hundred years.
    private static let unlimited: Duration = .seconds(3_000_000_000)

    /// `application_name` is how every look, of this controller and of any other, sees that it runs.
    private var configuration: PostgresConfiguration {
        PostgresConfiguration(
            host: host, port: 5432, user: role.text, database: database.text, password: password,
            sslMode: trustedAuthorities == nil ? .prefer : .verifyFull, trustedAuthorities: trustedAuthorities,
            address: address,
            connectTimeout: .seconds(2), applicationName: String("migration \(migration.name)".prefix(63)),
            settings: MigrationRun.settings)
    }

    /// Applies and records it, unless it has been by now; throws what PostgreSQL says, and then nothing of it is left.
    func apply() async throws(PostgresError) {
        let session = try await PostgresConnection.connect(configuration)
        do {
            try await apply(in: session)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }

    private func apply(in session: PostgresConnection) async throws(PostgresError) {
        // only one at a time, and none after another has recorded it: the lock is the table's, which only the admin role
        // and the superuser can reach
        try await session.execute(
            script: """
                BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
                \(MigrationRun.reset)
                LOCK TABLE controller.migrations IN SHARE ROW EXCLUSIVE MODE NOWAIT;
                """)
        let before = try await before(in: session)
        guard !before.isRecorded else { return }
        try await session.execute(script: "SET search_path = public")
        // alone in its message: a comment or a string that it leaves open ends with it
        try await session.execute(script: migration.sql, deadline: MigrationRun.unlimited)
        try await session.execute(script: MigrationRun.reset)
        let own = try await session.query(MigrationRun.transaction).rows.first?.string("transaction")
        let hasEnded = own != before.transaction
        if hasEnded { try await session.execute(script: "ROLLBACK; BEGIN; \(MigrationRun.reset)") }
        try await record(before, in: session)
        let answer = try await session.execute(script: "COMMIT", deadline: MigrationRun.unlimited)
        guard answer.last?.tag == "COMMIT" else { throw failure("the transaction was rolled back") }
        guard !hasEnded else {
            throw failure(
                "the file has ended the transaction in which it ran, so a part of it may have been committed and another not. "
                    + "It is recorded, so that nothing in it is done twice. Look at what it made")
        }
    }

    private func failure(_ words: String) -> PostgresError {
        PostgresError(.server(sqlstate: "2D000"), host: host, message: words, sqlstate: "2D000")
    }

    /// What there was before the file ran.
    private struct Before {
        var isRecorded: Bool
        var transaction: String
        /// The OIDs of all relations, as PostgreSQL writes an array; kept here, where the file cannot reach it.
        var relations: String
        /// Objects on the lists of earlier files that were missing before, as PostgreSQL writes an array.
        var missing: String
    }

    /// Back to what our own statements need, whatever the file has set.
    private static let reset = """
        RESET SESSION AUTHORIZATION;
        SET ROLE NONE;
        SET search_path = pg_catalog, pg_temp;
        SET quote_all_identifiers = off;
        SET statement_timeout = 0;
        """

    private static let transaction = "SELECT pg_current_xact_id()::text AS transaction"

    /// Objects by the names under which they are recorded.
    private static let present = """
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        """

    private func before(in session: PostgresConnection) async throws(PostgresError) -> Before {
        let row = try await session.query(
            """
            SELECT EXISTS (SELECT FROM controller.migrations WHERE name = $1) AS recorded,
              pg_current_xact_id()::text AS transaction,
              ARRAY(SELECT oid FROM pg_class)::text AS relations,
              ARRAY(SELECT DISTINCT o FROM controller.migrations AS m CROSS JOIN unnest(m.objects) AS o
                WHERE o NOT IN (\(MigrationRun.present)))::text AS missing
            """, [PostgresValue(migration.name)], deadline: .seconds(60)
        ).rows.first
        guard let row, let isRecorded = try row.bool("recorded"), let transaction = try row.string("transaction"),
            let relations = try row.string("relations"), let missing = try row.string("missing")
        else { throw failure("the history could not be read") }
        return Before(isRecorded: isRecorded, transaction: transaction, relations: relations, missing: missing)
    }

    /// Writes down what the file made, and takes what it dropped or renamed off the lists of earlier files; partitions come and
    /// go by themselves and are on no list.
    private func record(_ before: Before, in session: PostgresConnection) async throws(PostgresError) {
        _ = try await session.query(
            """
            INSERT INTO controller.migrations (name, checksum, objects)
            SELECT $1, $2, ARRAY(
              \(MigrationRun.present)
              WHERE c.relkind IN ('r', 'p', 'v', 'm', 'i', 'I', 'S') AND NOT c.relispartition
                AND n.nspname NOT LIKE 'pg\\_%' AND c.oid <> ALL ($3::oid[])
              ORDER BY 1)
            """,
            [PostgresValue(migration.name), PostgresValue(migration.checksum.text), PostgresValue(before.relations)],
            deadline: .seconds(60))
        _ = try await session.query(
            """
            WITH gone AS (
              SELECT m.name, array_agg(o) AS objects FROM controller.migrations AS m CROSS JOIN unnest(m.objects) AS o
              WHERE o NOT IN (\(MigrationRun.present)) AND o <> ALL ($1::text[]) GROUP BY m.name)
            UPDATE controller.migrations AS m
            SET objects = ARRAY(SELECT o FROM unnest(m.objects) AS o WHERE o <> ALL (gone.objects))
            FROM gone WHERE gone.name = m.name
            """, [PostgresValue(before.missing)], deadline: .seconds(60))
    }
}

extension LiveWorld {
    /// Starts a migration, and waits only for as long as most take; that it runs on is seen, and its end rings.
    /// - Parameter patience: how long the pass waits for it.
    func start(_ run: MigrationRun, patience: Duration = .milliseconds(500)) async -> Outcome {
        let place = "\(run.address ?? run.host)/\(run.database)"
        guard await migrations.begin(run.migration, at: place, since: Timestamp(await now())) else {
            return .done("under way")
        }
        let (world, begun) = (self, ContinuousClock.now)
        Task {
            var failure: PostgresError?
            do throws(PostgresError) { try await run.apply() } catch { failure = error }
            await world.migrations.finish(
                run.migration, at: place, failure: failure, uptime: await world.now().uptime)
            if ContinuousClock.now - begun > patience { await world.wakes.wake() }
        }
        while ContinuousClock.now - begun < patience {
            guard await migrations.isMigrating(at: place) else { return await migrations.outcome(of: run.migration) }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return .done("under way")
    }
}
