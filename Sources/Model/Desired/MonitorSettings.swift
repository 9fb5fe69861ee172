/// The role as which the controller looks into PostgreSQL: it can look, and can change nothing.
public enum MonitorSettings {
    /// Its name. It has no password: the controller's certificate opens its sessions.
    public static let role: RoleName = "controller_monitor"
    /// PostgreSQL's role for statistics and settings, of which it is a member.
    public static let group: RoleName = "pg_monitor"
    /// What it may set in its own sessions, besides what every role may: a trigger at login runs before the first statement.
    public static let parameter = "event_triggers"
    /// Its function, in the database `postgres`: `part` (one of `Part`) and what it is asked for; the answer is JSON.
    public static let function = "controller.monitor(text, text[])"

    /// What only a superuser can see, and the function shows.
    public enum Part: String, Sendable, CaseIterable {
        /// The stored passwords of these roles, none of them a superuser: an object by role.
        case verifiers
        /// What pgBackRest wrote when it could not archive this WAL file; null where it wrote nothing.
        case archiveError = "archive error"
        /// The names in the stanza's archive, where that is a volume: one for each version and system identifier.
        case archives
        /// The names of the timelines' histories in this one of them.
        case histories
    }

    /// The function's body. `$1` is the part, `$2` what it is asked for. What the caller writes reaches no other file:
    /// the names of files are built of names that look like WAL, or like an archive of pgBackRest's.
    public static func body(stanza: String) -> String {
        let spool = SQL.literal("/var/spool/pgbackrest/archive/\(stanza)/out/")
        let archive = SQL.literal("/var/lib/pgbackrest/archive/\(stanza)/")
        return """

            SELECT CASE $1::pg_catalog.text
              WHEN 'verifiers' THEN (
                SELECT pg_catalog.json_object_agg(rolname, rolpassword) FROM pg_catalog.pg_authid
                WHERE rolname = ANY ($2::pg_catalog.text[]) AND NOT rolsuper)
              WHEN 'archive error' THEN (
                SELECT pg_catalog.to_json(coalesce(
                  pg_catalog.pg_read_file(\(spool) || name || '.error', 0, 2000, true),
                  pg_catalog.pg_read_file(\(spool) || 'global.error', 0, 2000, true)))
                FROM pg_catalog.unnest($2::pg_catalog.text[]) AS name WHERE name ~ '^[0-9A-Fa-z.]{1,64}$' LIMIT 1)
              WHEN 'archives' THEN (
                SELECT pg_catalog.json_agg(name) FROM pg_catalog.pg_ls_dir(\(archive), true, false) AS name)
              WHEN 'histories' THEN (
                SELECT pg_catalog.json_agg(file) FROM pg_catalog.unnest($2::pg_catalog.text[]) AS name
                  CROSS JOIN LATERAL pg_catalog.pg_ls_dir(\(archive) || name, true, false) AS file
                WHERE name ~ '^[0-9]{1,4}-[0-9]{1,9}$' AND file ~ '^[0-9A-F]{8}[.]history$')
            END

            """
    }
}
