import FoundationEssentials
import Model

/// What the primary is asked, part by part, and how the answers become a view. A part that fails blinds only itself.
///
/// The sessions look names up in `pg_catalog` alone (`SessionSettings`), so no name needs its schema in here but those of
/// the controller's own objects.
enum DatabaseQuery {
    /// Who it is and how it does; without this answer there is no view. Parameters: node names (arrays as text[]), the
    /// poolers' addresses, parameters whose values are wanted.
    static let basics = """
        SELECT json_build_object(
          'sees', pg_has_role('\(MonitorSettings.group)', 'USAGE'),
          'recovery', pg_is_in_recovery(),
          'system', (SELECT system_identifier::text FROM pg_control_system()),
          'timeline', CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
              ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END,
          'locale', (SELECT datlocale FROM pg_database WHERE datname = 'template0' AND datlocprovider = 'b'),
          'checksums', current_setting('data_checksums') = 'on',
          'checkpoint', (SELECT extract(epoch FROM checkpoint_time)::bigint FROM pg_control_checkpoint()),
          'oldest', (SELECT coalesce((extract(epoch FROM max(clock_timestamp() - xact_start)) * 1000)::bigint, 0)
              FROM pg_stat_activity WHERE client_addr = ANY ($2::inet[])),
          'standbys', (SELECT coalesce(json_agg(json_build_object('name', application_name, 'state', state,
              'sync', sync_state, 'lag', coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery()
                THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, replay_lsn), 0)::bigint)
              ORDER BY application_name), '[]') FROM pg_stat_replication WHERE application_name = ANY ($1::text[])),
          'pending', (SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM pg_settings WHERE pending_restart),
          'limits', (SELECT json_object_agg(name, setting) FROM pg_settings WHERE name = ANY ($3::text[]))
        )::text AS view
        """

    /// Roles and databases. Parameters: role names, the roles that shall go, the declared databases, the application's
    /// database, the bodies of the poolers' login function and of the monitor's, and the roles that have to be let in with the
    /// databases.
    static let accounts = """
        SELECT json_build_object(
          'login', \(hasFunction(PoolerSettings.function, body: "$5", for: PoolerSettings.role)),
          'monitor', \(hasFunction(MonitorSettings.function, body: "$6", for: MonitorSettings.role)),
          'refused', (SELECT coalesce(json_agg(json_build_object('role', rolname, 'database', datname)), '[]')
              FROM unnest($7::text[], $8::text[]) AS need(role, database)
                JOIN pg_roles r ON rolname = role JOIN pg_database d ON datname = database
              WHERE NOT has_database_privilege(r.oid, d.oid, 'CONNECT')),
          'roles', (SELECT coalesce(json_agg(json_build_object('name', rolname,
              'attributes', array_remove(ARRAY[
                CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
                CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcanlogin THEN 'LOGIN' END,
                CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
                CASE WHEN rolinherit THEN 'INHERIT' END], NULL)
              || ARRAY(SELECT DISTINCT 'IN ' || g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                WHERE m.member = a.oid AND (m.inherit_option OR rolname <> '\(MonitorSettings.role)'))
              || ARRAY(SELECT 'MAY SET ' || parname FROM pg_parameter_acl CROSS JOIN LATERAL aclexplode(paracl) AS p
                WHERE p.grantee = a.oid AND p.privilege_type = 'SET')
              || ARRAY(SELECT 'SET ' || setting FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                CROSS JOIN LATERAL unnest(s.setconfig) AS setting WHERE s.setrole = a.oid AND d.datname = 'postgres'),
              'granted', ARRAY(SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                WHERE m.member = a.oid AND m.grantor = 10
                  AND (m.inherit_option OR m.set_option OR NOT m.admin_option) ORDER BY 1),
              'members', ARRAY(SELECT DISTINCT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.member
                WHERE m.roleid = a.oid ORDER BY 1),
              'administrators', ARRAY(SELECT DISTINCT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.member
                WHERE m.roleid = a.oid AND m.admin_option AND NOT g.rolsuper ORDER BY 1),
              'limit', rolconnlimit,
              'until', CASE WHEN isfinite(rolvaliduntil) THEN (extract(epoch FROM rolvaliduntil) * 1000000)::bigint END,
              'holds', CASE WHEN rolname = ANY ($2::text[]) THEN ARRAY(
                SELECT pg_describe_object(classid, objid, objsubid) FROM pg_shdepend
                  WHERE refclassid = 'pg_authid'::regclass AND refobjid = a.oid AND dbid = 0
                UNION ALL
                SELECT count(*) || ' objects or privileges in database ' || datname
                  FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
                  WHERE refclassid = 'pg_authid'::regclass AND refobjid = a.oid GROUP BY datname
                UNION ALL
                SELECT count(*) || ' sessions' FROM pg_stat_activity WHERE usesysid = a.oid HAVING count(*) > 0
                ORDER BY 1) ELSE ARRAY[]::text[] END) ORDER BY rolname), '[]')
              FROM pg_roles a WHERE rolname = ANY ($1::text[])),
          'databases', (SELECT coalesce(json_agg(json_build_object('name', datname, 'owner', pg_get_userbyid(datdba),
              'limit', datconnlimit, 'sessions', ARRAY(
                SELECT DISTINCT usename || coalesce(' (' || nullif(application_name, '') || ')', '') || coalesce(' from '
                  || host(client_addr), '') FROM pg_stat_activity s WHERE s.datid = d.oid
                  AND backend_type IN ('client backend', 'walsender')
                  AND NOT (usename IN ('postgres', '\(MonitorSettings.role)') AND application_name = 'controller')
                UNION
                SELECT 'replication slot ' || slot_name FROM pg_replication_slots WHERE database = d.datname
                ORDER BY 1)) ORDER BY datname), '[]') FROM pg_database d WHERE datname = ANY ($3::text[])),
          'database', EXISTS (SELECT FROM pg_database WHERE datname = $4)
        )::text AS view
        """

    /// The databases whose collation has another version than the library's.
    static let collations = """
        SELECT coalesce(json_agg(datname ORDER BY datname), '[]')::text AS view FROM pg_database
        WHERE datallowconn AND datcollversion <> pg_database_collation_actual_version(oid)
        """

    /// A function of the controller's: with this body, the superuser's, and only for this role.
    private static func hasFunction(_ function: String, body: String, for role: RoleName) -> String {
        """
        (SELECT coalesce(bool_or(prosrc = \(body) AND prosecdef AND proowner = 10
              AND proconfig = ARRAY['search_path=pg_catalog, pg_temp']
              AND NOT EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a
                WHERE a.grantee <> proowner AND a.grantee <> r.oid)
              AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
              AND has_schema_privilege(r.oid, pronamespace, 'USAGE')), false)
              FROM pg_proc p CROSS JOIN pg_roles r
              WHERE p.oid = to_regprocedure('\(function)') AND r.rolname = '\(role)')
        """
    }

    /// WAL archiving.
    static let archiver = """
        SELECT json_build_object('last', last_archived_wal, 'failed', last_failed_wal,
          'at', (extract(epoch FROM last_archived_time) * 1000000)::bigint,
          'wal', (SELECT coalesce(sum(size), 0)::bigint FROM pg_ls_waldir()),
          'expected', pg_size_bytes(current_setting('max_wal_size')) + pg_size_bytes(current_setting('wal_keep_size')),
          'slots', nullif(current_setting('max_slot_wal_keep_size'), '-1'),
          'oldest', (SELECT json_build_object('name', slot_name, 'active', active, 'bytes',
              pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                ELSE pg_current_wal_lsn() END, restart_lsn)::bigint)
            FROM pg_replication_slots WHERE restart_lsn IS NOT NULL ORDER BY restart_lsn, slot_name LIMIT 1),
          'failing', failing)::text AS view
        FROM pg_stat_archiver CROSS JOIN LATERAL (SELECT last_failed_time IS NOT NULL
          AND last_failed_time > coalesce(last_archived_time, '-infinity') AS failing) AS state
        """

    /// What a database that the controller keeps has inside. Parameters: extension names, the admin's name, the console's.
    ///
    /// The history is the controller's only as a plain table of the superuser's in a schema of the superuser's: a view, a
    /// trigger or a rule of somebody else's there would run as the superuser who reads it.
    static let inside = """
        SELECT json_build_object(
          'extensions', (\(listed)),
          'history', (SELECT CASE WHEN n.nspowner <> 10 THEN 'foreign schema'
                WHEN c.oid IS NULL THEN 'absent'
                WHEN c.relkind <> 'r' OR c.relowner <> 10 OR c.relrowsecurity THEN 'foreign table'
                ELSE 'own' END
              FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'migrations'
              WHERE n.nspname = 'controller'),
          'reading', (SELECT coalesce(bool_and(has_schema_privilege(r.oid, n.oid, 'USAGE')
                AND has_table_privilege(r.oid, c.oid, 'SELECT')), true)
              FROM pg_roles r CROSS JOIN pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
              WHERE r.rolname = '\(MonitorSettings.role)' AND n.nspname = 'controller' AND c.relname = 'migrations'),
          'hidden', (SELECT coalesce(json_agg(DISTINCT n.nspname ORDER BY n.nspname), '[]')
              FROM pg_roles r CROSS JOIN pg_namespace n LEFT JOIN pg_class c
                ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
              WHERE r.rolname = $3 AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'controller')
                AND (NOT has_schema_privilege(r.oid, n.oid, 'USAGE')
                  OR c.oid IS NOT NULL AND NOT has_table_privilege(r.oid, c.oid, 'SELECT'))),
          'grant', coalesce((SELECT NOT has_schema_privilege(r.oid, n.oid, 'CREATE')
              FROM pg_roles r CROSS JOIN pg_namespace n WHERE r.rolname = $2 AND n.nspname = 'public'), false)
        )::text AS view
        """

    /// Extensions by name, installed or not.
    static let extensions = "SELECT (\(listed))::text AS view"

    private static let listed = """
        SELECT coalesce(json_agg(json_build_object('name', name, 'installed', installed_version,
          'available', default_version) ORDER BY name), '[]') FROM pg_available_extensions WHERE name = ANY ($1::text[])
        """

    /// The applied migrations, and what each made that is missing now; whether the admin role ($1) may record more, and which
    /// one runs now. The admin role may write what it likes into the table, so nothing in a row may break the question: a
    /// file or an object with another name than ours have is left out, and is no argument of a function that could fail.
    static let history = """
        SELECT json_build_object(
          'applied', (SELECT coalesce(json_agg(json_build_object('name', name, 'checksum', checksum, 'missing', ARRAY(
              SELECT o FROM unnest(objects) AS o WHERE CASE WHEN o ~
                '^([a-z_][a-z0-9_]*|"([^"[:cntrl:]]|"")+")[.]([a-z_][a-z0-9_]*|"([^"[:cntrl:]]|"")+")$'
                THEN to_regclass(o) IS NULL END)) ORDER BY name), '[]')
            FROM controller.migrations WHERE name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]*[.]sql$'),
          'recording', EXISTS (SELECT FROM pg_roles AS r WHERE rolname = $1
            AND has_schema_privilege(r.oid, 'controller', 'USAGE')
            AND has_table_privilege(r.oid, 'controller.migrations', 'SELECT')
            AND has_table_privilege(r.oid, 'controller.migrations', 'INSERT')
            AND has_table_privilege(r.oid, 'controller.migrations', 'UPDATE')),
          'running', (SELECT json_build_object('name', substr(application_name, 11),
              'since', (extract(epoch FROM xact_start) * 1000000)::bigint)
            FROM pg_stat_activity WHERE datname = current_database() AND usename = $1
              AND application_name ~ '^migration [A-Za-z0-9_.-]+$' AND xact_start IS NOT NULL
              AND state IN ('active', 'idle in transaction') ORDER BY xact_start LIMIT 1)
        )::text AS view
        """

    struct Standby: Decodable {
        var name: String
        var state: String
        var sync: String
        var lag: Int64
    }
    struct Basics: Decodable {
        /// Whether statistics of others' sessions were shown.
        var sees: Bool
        var recovery: Bool
        var system: String
        var timeline: Int64
        var locale: String?
        var checksums: Bool
        var checkpoint: Int64
        var oldest: Int64
        var standbys: [Standby]
        var pending: [String]
        var limits: [String: String]?
    }

    struct Role: Decodable {
        var name: String
        var attributes: [String]
        var granted: [String]
        var members: [String]
        var administrators: [String]
        var limit: Int
        var until: Int64?
        var holds: [String]
    }
    struct Database: Decodable {
        var name: String
        var owner: String
        var limit: Int
        var sessions: [String]
    }
    struct Connection: Decodable {
        var role: String
        var database: String
    }
    struct Accounts: Decodable {
        var login: Bool
        var monitor: Bool
        var refused: [Connection]
        var roles: [Role]
        var databases: [Database]
        var database: Bool
    }

    struct Slot: Decodable {
        var name: String
        var active: Bool
        var bytes: Int64
    }
    struct Archiver: Decodable {
        var last: String?
        var failed: String?
        var at: Int64?
        var wal: Int64
        var expected: Int64
        var slots: String?
        var oldest: Slot?
        var failing: Bool
    }

    struct Extension: Decodable {
        var name: String
        var installed: String?
        var available: String?
        var view: ExtensionView { ExtensionView(name: name, installed: installed, available: available) }
    }
    struct Inside: Decodable {
        var extensions: [Extension]
        /// Nil where there is no schema `controller`.
        var history: String?
        var reading: Bool
        var hidden: [String]
        var grant: Bool
    }

    struct History: Decodable {
        struct Row: Decodable {
            var name: String
            var checksum: String
            var missing: [String]
        }
        struct Running: Decodable {
            var name: String
            var since: Int64
        }
        var applied: [Row]
        var recording: Bool
        var running: Running?
    }

    static func view(_ basics: Basics, node: NodeName) -> DatabaseView {
        var view = DatabaseView(
            node: node, isInRecovery: basics.recovery, systemIdentifier: basics.system, timeline: basics.timeline)
        view.locale = basics.locale
        view.checksums = basics.checksums
        view.checkpointedAt = Timestamp(seconds: basics.checkpoint)
        view.oldestTransaction = .milliseconds(basics.oldest)
        view.standbys = basics.standbys.map {
            StandbyView(
                node: NodeName($0.name), state: $0.state, isSynchronous: $0.sync == "sync" || $0.sync == "quorum",
                lagBytes: $0.lag)
        }
        view.pendingParameters = basics.pending
        view.limits = (basics.limits ?? [:]).map { LabelValue($0.key, $0.value) }.sorted { $0.key < $1.key }
        return view
    }

    /// - Parameters:
    ///   - verifiers: the stored passwords, by role.
    ///   - matching: the roles whose stored password is ours.
    static func fill(
        _ view: inout DatabaseView, _ accounts: Accounts, verifiers: [String: String?], matching: [RoleName]
    ) {
        view.roles = accounts.roles.map { role in
            var seen = RoleView(
                name: RoleName(role.name), attributes: role.attributes.sorted(),
                passwordMatches: matching.contains(RoleName(role.name)))
            seen.hasPassword = verifiers[role.name].flatMap { $0 } != nil
            seen.granted = role.granted.map { RoleName($0) }
            seen.members = role.members.map { RoleName($0) }
            seen.administrators = role.administrators.map { RoleName($0) }
            seen.connectionLimit = role.limit
            seen.validUntil = role.until.map { Timestamp(microseconds: $0) }
            seen.holds = role.holds
            return seen
        }
        view.databases = accounts.databases.map {
            DeclaredDatabaseView(
                name: DatabaseName($0.name), owner: RoleName($0.owner), connectionLimit: $0.limit,
                sessions: $0.sessions)
        }
        view.hasPoolerLogin = accounts.login
        view.hasMonitorFunction = accounts.monitor
        view.refusedConnections = accounts.refused.map {
            DatabaseConnection(RoleName($0.role), DatabaseName($0.database))
        }
        view.hasDatabase = accounts.database
    }

    static func fill(_ view: inout DatabaseView, _ archiver: Archiver) {
        view.archiver.lastArchived = archiver.last
        view.archiver.lastArchivedAt = archiver.at.map { Timestamp(microseconds: $0) }
        view.archiver.walBytes = archiver.wal
        view.archiver.expectedWALBytes = archiver.expected
        view.archiver.slotLimitBytes = archiver.slots.flatMap { bytes($0) }
        view.archiver.oldestSlot = archiver.oldest.map {
            SlotRetention(name: $0.name, isActive: $0.active, bytes: $0.bytes)
        }
        view.archiver.isFailing = archiver.failing
        view.archiver.lastFailed = archiver.failed
    }

    /// What pgBackRest wrote of a failure: a line with the code, then its words.
    static func words(ofArchiveError text: String) -> String {
        text.split(separator: "\n").dropFirst().filter { !$0.contains("HINT:") }.joined(separator: " ")
    }

    /// PostgreSQL's way to write a size: `4GB`.
    private static func bytes(_ text: String) -> Int64? {
        guard let number = Int64(text.prefix { $0.isNumber }) else { return nil }
        let units: [String: Int64] = ["kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40]
        return units[String(text.drop { $0.isNumber })].map { number * $0 }
    }
}
