import CPostgres

/// Where a PostgreSQL server is and who asks.
///
/// One host: callers that know several try them one by one, because libpq's own list gives up at a host whose
/// port is accepted by a proxy in front of nothing.
public struct PostgresConfiguration: Sendable, Hashable {
    /// How much TLS is asked for (libpq's `sslmode`).
    public enum SSLMode: String, Sendable, Hashable {
        /// Never.
        case disable
        /// When the server offers it.
        case prefer
        /// Always, without looking at the certificate.
        case require
        /// Always, and an authority that is trusted signed the certificate.
        case verifyCA = "verify-ca"
        /// As `verifyCA`, and the certificate carries the host's name.
        case verifyFull = "verify-full"
    }

    /// A name, an IP address, or the directory of a unix socket (begins with `/`).
    public var host: String
    /// The TCP port, also part of a unix socket's file name.
    public var port: Int
    /// The role that logs in.
    public var user: String
    /// The database.
    public var database: String
    /// The password; nil for a server that asks for none. It appears in no error and no description.
    public var password: String?
    /// TLS.
    public var sslMode: SSLMode
    /// The certificates, in PEM, of the authorities that are trusted in the two verifying modes.
    public var trustedAuthorities: String?
    /// The key and the certificate, in PEM and one behind the other, that the client shows where the server asks for one.
    /// They appear in no error and no description.
    public var clientIdentity: String?
    /// The address, where the host is a name that is only to be found in the server's certificate.
    public var address: String?
    /// How long `connect` may take when its caller names no deadline; names, addresses, TLS and login together.
    public var connectTimeout: Duration
    /// What `pg_stat_activity.application_name` shows.
    public var applicationName: String
    /// Settings of the session from its first moment on, such as `["search_path": "pg_catalog"]`. They win over what the
    /// role or the database sets. PgBouncer refuses most of them.
    public var settings: [String: String]

    /// A configuration with the defaults of a local client: no TLS, 5 s. What the session does not inherit has no default:
    /// each caller has to say it.
    public init(
        host: String, port: Int = 5432, user: String, database: String = "postgres", password: String? = nil,
        sslMode: SSLMode = .disable, trustedAuthorities: String? = nil, clientIdentity: String? = nil,
        address: String? = nil, connectTimeout: Duration = .seconds(5), applicationName: String = "controller",
        settings: [String: String]
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.database = database
        self.password = password
        self.sslMode = sslMode
        self.trustedAuthorities = trustedAuthorities
        self.clientIdentity = clientIdentity
        self.address = address
        self.connectTimeout = connectTimeout
        self.applicationName = applicationName
        self.settings = settings
    }

    /// libpq's own version, as the program runs with it: 180006 is 18.6.
    package static var libraryVersion: Int { Int(PQlibVersion()) }

    /// `host:port`, as errors name the server.
    package var target: String { "\(host):\(port)" }

    /// libpq's keywords, every one that an environment variable or a file could set otherwise included.
    ///
    /// `addresses` are the host's, already resolved, so that libpq never blocks in a name lookup; `authorities` and `identity`
    /// are the paths of files with their texts. A password is only used
    /// for a SCRAM exchange, which does not show it to the server; libpq knows how to insist on that from version 16 on.
    package func keywords(
        addresses: [String], authorities: String? = nil, identity: String? = nil,
        libraryVersion: Int = PostgresConfiguration.libraryVersion
    ) -> [(String, String)] {
        var words = [
            ("port", "\(port)"), ("user", user), ("dbname", database), ("sslmode", sslMode.rawValue),
            ("application_name", applicationName), ("options", startupOptions), ("client_encoding", "UTF8"),
            ("gssencmode", "disable"), ("target_session_attrs", "any"), ("passfile", "/dev/null/none"),
            ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
        ]
        // As many names as addresses: libpq pairs the two lists.
        let count = max(addresses.count, 1)
        words.append(("host", Array(repeating: host, count: count).joined(separator: ",")))
        if !addresses.isEmpty { words.append(("hostaddr", addresses.joined(separator: ","))) }
        if let password {
            words.append(("password", password))
            // a certificate opens a session without a question for a password ("none")
            let ways = identity == nil ? "scram-sha-256" : "scram-sha-256,none"
            if libraryVersion >= 160_000 { words.append(("require_auth", ways)) }
        }
        // what lies in the home directory of the user is never shown or trusted
        words.append(("sslrootcert", authorities ?? "/dev/null/none"))
        words.append(("sslcert", identity ?? "/dev/null/none"))
        words.append(("sslkey", identity ?? "/dev/null/none"))
        words.append(("sslcrl", "/dev/null/none"))
        words.append(("ssl_min_protocol_version", "TLSv1.2"))
        if libraryVersion >= 160_000 { words.append(("sslcertmode", "allow")) }
        return words
    }

    /// `-c name=value …` with spaces and backslashes escaped as the server's option parser wants it.
    package var startupOptions: String {
        settings.sorted { $0.key < $1.key }.map { name, value in
            var escaped = String.UnicodeScalarView()
            for scalar in value.unicodeScalars {
                if scalar.properties.isWhitespace || scalar == "\\" { escaped.append("\\") }
                escaped.append(scalar)
            }
            return "-c \(name)=\(escaped)"
        }.joined(separator: " ")
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `user@host:port/database`, without the password.
    public var description: String { "\(user)@\(target)/\(database)" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// Nothing to look into, so that `dump` shows no password either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
