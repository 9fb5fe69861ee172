/// What one statement answered.
public struct PostgresResult: Sendable, Hashable {
    /// The columns, in order; empty for a statement that returns no rows.
    public let columns: [PostgresColumn]
    /// The rows, in order.
    public let rows: [PostgresRow]
    /// The command tag, such as `INSERT 0 1`; empty for an empty statement.
    public let tag: String
    /// What the server remarked beside it (NOTICE, WARNING, …) while this statement ran.
    public let notices: [PostgresNotice]

    /// A result as received.
    package init(columns: [PostgresColumn], rows: [PostgresRow], tag: String, notices: [PostgresNotice]) {
        self.columns = columns
        self.rows = rows
        self.tag = tag
        self.notices = notices
    }

    /// The number of rows inserted, changed, deleted or selected, as the tag says; nil for other commands.
    public var affectedRows: Int? { tag.split(separator: " ").last.flatMap { Int($0) } }
}

/// A column of a result.
public struct PostgresColumn: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// Its type's OID in `pg_type`.
    public let typeOID: UInt32
    /// A column.
    package init(name: String, typeOID: UInt32) {
        self.name = name
        self.typeOID = typeOID
    }
}

/// A remark of the server that is no error.
public struct PostgresNotice: Sendable, Hashable {
    /// `NOTICE`, `WARNING`, `INFO`, `LOG`, `DEBUG`, untranslated; `FATAL` for the last words of an idle session.
    public let severity: String
    /// Its SQLSTATE.
    public let sqlstate: String
    /// What it says.
    public let message: String
    /// More of it.
    public let detail: String?
    /// What to do about it.
    public let hint: String?
    /// A remark.
    package init(severity: String, sqlstate: String, message: String, detail: String? = nil, hint: String? = nil) {
        self.severity = severity
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.hint = hint
    }
}
