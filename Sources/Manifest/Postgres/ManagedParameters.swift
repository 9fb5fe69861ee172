/// Parameters that a manifest may not set, and why.
enum ManagedParameters {
    private static let reasons: [(reason: String, names: [String])] = [
        (
            "is managed: pgBackRest archives and restores",
            ["archive_command", "archive_library", "archive_mode", "restore_command", "recovery_end_command"]
        ),
        (
            "runs a program of its own choosing inside the server",
            ["archive_cleanup_command", "ssl_passphrase_command", "oauth_validator_libraries", "jit_provider"]
        ),
        (
            "loads libraries into sessions: name them in shared_preload_libraries",
            ["session_preload_libraries", "local_preload_libraries"]
        ),
        ("decides where libraries are loaded from", ["dynamic_library_path", "extension_control_path"]),
        (
            "is managed by Patroni",
            [
                "cluster_name", "hot_standby", "listen_addresses", "port", "primary_conninfo", "primary_slot_name",
                "synchronous_standby_names", "unix_socket_directories", "wal_log_hints", "recovery_target",
                "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn", "recovery_target_name",
                "recovery_target_time", "recovery_target_timeline", "recovery_target_xid",
            ]
        ),
        (
            "is a file or directory that the image and the controller lay out",
            [
                "config_file", "data_directory", "external_pid_file", "hba_file", "ident_file", "include",
                "include_dir",
                "include_if_exists", "krb_server_keyfile",
            ]
        ),
        (
            "is managed: the controller makes the certificates",
            [
                "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_crl_dir", "ssl_crl_file", "ssl_dh_params_file",
                "ssl_key_file",
            ]
        ),
        (
            "decides how passwords are stored: scram-sha-256 is the only way",
            ["password_encryption", "db_user_namespace"]
        ),
    ]

    /// Libraries of the image that may be loaded at start.
    static let preloadable = [
        "auth_delay", "auto_explain", "pg_overexplain", "pg_prewarm", "pg_stat_statements", "vector",
    ]

    /// Why this parameter, or this value of it, is refused; nil when it is not.
    static func reason(for name: String, value: String) -> (problem: String, expected: String)? {
        if let (reason, _) = reasons.first(where: { $0.names.contains(name) }) {
            return ("\"\(name)\" \(reason)", "no such line")
        }
        let word = value.lowercased()
        switch name {
        case "wal_level" where word == "minimal":
            return ("\"wal_level\" below replica stops replication and archiving", "replica or logical")
        case "fsync" where isOff(word), "full_page_writes" where isOff(word):
            return ("\"\(name)\" off loses committed data in a crash", "on")
        case "log_directory" where value.hasPrefix("/") || value.split(separator: "/").contains(".."),
            "log_filename" where value.contains("/"):
            return ("\"\(name)\" may not leave the data directory", "a relative name")
        case "shared_preload_libraries":
            let libraries = value.split(separator: ",").map { $0.filter { $0 != " " && $0 != "'" && $0 != "\"" } }
            guard let other = libraries.first(where: { !preloadable.contains($0) }) else { return nil }
            return (
                "the library \"\(Tree.excerpt(other))\" may not be loaded at start",
                "libraries out of \(preloadable.joined(separator: ", "))"
            )
        default: return nil
        }
    }

    private static func isOff(_ word: String) -> Bool { ["off", "false", "no", "0"].contains(word) }
}
