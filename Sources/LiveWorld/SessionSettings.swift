/// What each SQL session of the controller has from its first moment on, whatever a role or a database sets.
///
/// They travel as options of the start-up packet, which win over `ALTER ROLE … SET`, `ALTER DATABASE … SET` and the
/// configuration file. So nothing that a database's owner sets decides what a superuser's session runs, or blinds it.
enum SessionSettings {
    /// For every role.
    static let common = [
        // a function or an operator of the server itself is found first, and one in another schema never
        "search_path": "pg_catalog,pg_temp", "role": "none", "row_security": "on",
        "default_transaction_read_only": "off", "default_transaction_isolation": "read committed",
        "default_transaction_deferrable": "off",
        // a statement is cut off by its caller's deadline; these hold for one whose controller has died
        "statement_timeout": "90s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s",
        "idle_session_timeout": "0", "transaction_timeout": "0",
        // how texts are read and written
        "client_encoding": "UTF8", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "TimeZone": "UTC",
        "bytea_output": "hex", "extra_float_digits": "1", "standard_conforming_strings": "on", "array_nulls": "on",
        "quote_all_identifiers": "off", "transform_null_equals": "off", "client_min_messages": "notice",
        // what a statement makes, and where
        "check_function_bodies": "on", "default_table_access_method": "heap", "default_tablespace": "",
        "temp_tablespaces": "", "synchronous_commit": "on",
        "exit_on_error": "off", "restrict_nonsystem_relation_kind": "", "local_preload_libraries": "", "jit": "off",
    ]

    /// For the role that can only look.
    static let monitor = common.merging([
        // a trigger at login runs before the first statement, and may raise; the role may say so (`MonitorSettings.parameter`)
        "event_triggers": "off", "default_transaction_read_only": "on",
    ]) { _, own in own }

    /// For a superuser, who alone may say most of these.
    static let superuser = common.merging([
        // a trigger at login runs before the first statement, as the superuser, and may raise
        "event_triggers": "off", "session_replication_role": "origin", "lc_messages": "C",
        // a statement that rows would be hidden from fails
        "row_security": "off",
    ]) { _, own in own }
}
