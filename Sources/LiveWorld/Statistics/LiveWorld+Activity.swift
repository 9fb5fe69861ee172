public import Model
import PostgresClient

/// What a server is busy with.
public struct ServerActivity: Sendable, Hashable, Codable {
    /// A session of a client.
    public struct Session: Sendable, Hashable, Codable {
        /// Its process.
        public var pid: Int
        /// The role that logged in.
        public var user: String
        /// The database.
        public var database: String
        /// What the client calls itself; any text.
        public var application: String
        /// The client's address; empty for the local socket.
        public var client: String
        /// `active`, `idle`, `idle in transaction`, …
        public var state: String
        /// What it waits for, `Lock:transactionid`; empty where it waits for nothing.
        public var wait: String
        /// For how long its transaction has been open, in seconds; 0 for none.
        public var transactionSeconds: Double
        /// Since when its statement runs, or the last one has begun, in seconds.
        public var statementSeconds: Double
        /// The processes that hold the lock that it waits for.
        public var blockedBy: [Int]
        /// The beginning of its statement, or of the last one.
        public var query: String
    }

    /// A statement of pg_stat_statements.
    public struct Statement: Sendable, Hashable, Codable {
        /// How often it was executed.
        public var calls: Int
        /// All its executions together, in seconds.
        public var seconds: Double
        /// Rows that it returned or changed.
        public var rows: Int
        /// The beginning of its text, with parameters in the place of constants.
        public var query: String
    }

    /// Those that do something first, the oldest transaction first.
    public var sessions: [Session]
    /// The ones that took the most time; nil where the extension is not in the application's database.
    public var statements: [Statement]?

    /// What a server is busy with.
    public init(sessions: [Session], statements: [Statement]?) {
        self.sessions = sessions
        self.statements = statements
    }
}

extension LiveWorld {
    /// How long the questions may take together.
    private static let activityLimit: Duration = .seconds(5)

    /// What a node's PostgreSQL is busy with, as the role that can only look.
    /// - Parameter limit: how many sessions at most.
    /// - Returns: nil while the node's container does not run.
    /// - Throws: `PostgresError`.
    public func activity(
        of node: NodeName, _ cluster: Cluster, on engine: EngineView, limit: Int = 50
    ) async throws -> ServerActivity? {
        let address = Addresses(engine: engine, cluster: cluster).nodes.first { $0.node == node }?.host
        guard let host = address else { return nil }
        let session = try await session(
            server: ServerAddress(node: node, host: host), database: cluster.accounts.database.text, as: .monitor,
            for: .metrics, deadline: LiveWorld.activityLimit)
        return try await ServerActivity(from: session, limit: limit, deadline: LiveWorld.activityLimit)
    }
}

extension ServerActivity {
    /// Asks over an open session.
    init(from session: PostgresConnection, limit: Int, deadline: Duration) async throws {
        // locks are looked at for sessions that wait for one alone: to look at them stops all that take or release one
        let sessions = """
            SELECT pid, coalesce(usename, '') AS user, coalesce(datname, '') AS database,
              coalesce(application_name, '') AS application, coalesce(client_addr::text, '') AS client,
              coalesce(state, '') AS state, coalesce(wait_event_type || ':' || wait_event, '') AS wait,
              coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8 AS transaction_seconds,
              coalesce(extract(epoch FROM clock_timestamp() - query_start), 0)::float8 AS statement_seconds,
              CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END::text[] AS blocked_by,
              left(query, 300) AS query
            FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
            ORDER BY state = 'idle', xact_start NULLS LAST, pid LIMIT \(limit)
            """
        self.sessions = try await session.query(sessions, deadline: deadline).rows.map { row in
            Session(
                pid: try row.int("pid") ?? 0, user: try row.string("user") ?? "",
                database: try row.string("database") ?? "",
                application: try row.string("application") ?? "", client: try row.string("client") ?? "",
                state: try row.string("state") ?? "", wait: try row.string("wait") ?? "",
                transactionSeconds: try row.double("transaction_seconds") ?? 0,
                statementSeconds: try row.double("statement_seconds") ?? 0,
                blockedBy: (try row.strings("blocked_by") ?? []).compactMap { Int($0) },
                query: try row.string("query") ?? "")
        }
        guard
            let schema = try await session.query(BuiltInQueries.placeOfStatements, deadline: deadline).rows.first?
                .string("schema")
        else {
            statements = nil
            return
        }
        let dearest = """
            SELECT sum(calls)::bigint AS calls, sum(total_exec_time) / 1000 AS seconds, sum(rows)::bigint AS rows,
              left(min(query), 300) AS query
            FROM \(schema).pg_stat_statements WHERE queryid IS NOT NULL GROUP BY queryid ORDER BY seconds DESC LIMIT 10
            """
        statements = try await session.query(dearest, deadline: deadline).rows.map { row in
            Statement(
                calls: try row.int("calls") ?? 0, seconds: try row.double("seconds") ?? 0,
                rows: try row.int("rows") ?? 0, query: try row.string("query") ?? "")
        }
    }
}
