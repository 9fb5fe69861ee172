import Model

/// The parameters that stand in each node's own file, which wins over etcd: those that run a program, load a library, or say
/// which files PostgreSQL goes by.
enum LocalParameters {
    /// Those in which the manifest may have a say, with PostgreSQL's defaults or ours.
    private static let open: [PostgresSettings.Parameter] = [
        .init("log_directory", "log"), .init("log_filename", "postgresql-%Y-%m-%d_%H%M%S.log"),
        .init("shared_preload_libraries", "pg_stat_statements"),
    ]

    /// Their values as the manifest has them, sorted by name.
    static func declared(_ cluster: Cluster) -> [PostgresSettings.Parameter] {
        open.map { parameter in cluster.postgres.parameters.last { $0.name == parameter.name } ?? parameter }
    }

    /// All of them, sorted by name.
    static func all(_ cluster: Cluster, declared: [PostgresSettings.Parameter]) -> [PostgresSettings.Parameter] {
        (fixed(cluster) + declared + files + PatroniFile.tls).sorted { $0.name < $1.name }
    }

    /// The same without what names a node's own directories.
    static func tried(_ cluster: Cluster) -> [PostgresSettings.Parameter] {
        let own = files.map(\.name)
        return all(cluster, declared: declared(cluster)).filter { !own.contains($0.name) }
    }

    private static let files: [PostgresSettings.Parameter] = [
        .init("hba_file", "\(NodeSpec.dataDirectory)/pg_hba.conf"),
        .init("ident_file", "\(NodeSpec.dataDirectory)/pg_ident.conf"),
        .init("unix_socket_directories", "/var/run/postgresql"),
    ]

    /// PostgreSQL's defaults, where it has any. Patroni takes recovery parameters among these for the whole of its
    /// `recovery_conf` (`_adjust_recovery_parameters` in its `postgresql/config.py`), so `restore_command` belongs here.
    private static func fixed(_ cluster: Cluster) -> [PostgresSettings.Parameter] {
        let stanza = cluster.backups.stanza
        let isOn = cluster.backups.enabled
        let archive = orBefore("archive", "\(stanza) %p", "--stanza=\(stanza) archive-push %p")
        let restore = orBefore("archived", "\(stanza) %f \"%p\"", "--stanza=\(stanza) archive-get %f \"%p\"")
        var parameters: [PostgresSettings.Parameter] = [
            .init("archive_cleanup_command", ""), .init("archive_command", isOn ? archive : "/bin/true"),
            .init("archive_library", ""), .init("dynamic_library_path", "$libdir"), .init("jit_provider", "llvmjit"),
            .init("local_preload_libraries", ""), .init("recovery_end_command", ""),
            .init("restore_command", isOn ? restore : ""), .init("session_preload_libraries", ""),
            .init("ssl_crl_dir", ""), .init("ssl_crl_file", ""), .init("ssl_dh_params_file", ""),
            .init("ssl_passphrase_command", ""),
        ]
        if cluster.postgres.version >= 18 {
            parameters += [.init("extension_control_path", "$system"), .init("oauth_validator_libraries", "")]
        }
        return parameters
    }

    /// A program of the image, or pgBackRest itself: an image of before has no such program, and PostgreSQL ends when its
    /// `restore_command` is not found.
    private static func orBefore(_ program: String, _ arguments: String, _ before: String) -> String {
        "command -v \(program) >/dev/null && exec \(program) \(arguments); exec pgbackrest \(before)"
    }

    /// Their names, and those of Patroni's own settings of this kind. None of them has a place in etcd; what an older build, or
    /// a person, has written there is taken out once every node has them in its own file.
    static func names(_ cluster: Cluster) -> [String] { all(cluster, declared: open).map(\.name) }

    /// Whether PostgreSQL has parameters of such a name at all; Patroni would write any other text into its file.
    static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        func isWord(_ part: Substring) -> Bool {
            let bytes = part.utf8
            guard let first = bytes.first, isLetter(first) else { return false }
            return bytes.allSatisfy { isLetter($0) || ($0 >= 48 && $0 <= 57) || $0 == 36 }
        }
        return parts.count <= 2 && parts.allSatisfy(isWord)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte >= 65 && byte <= 90 || byte >= 97 && byte <= 122 || byte == 95
    }

    /// Patroni's settings of the same kind, in the section `postgresql`.
    static let settings = [
        "before_stop", "bin_name", "callbacks", "custom_conf", "pg_hba", "pg_ident", "pre_promote", "recovery_conf",
        "remove_data_directory_on_diverged_timelines", "remove_data_directory_on_rewind_failure", "use_pg_rewind",
    ]
}
