import CPostgres

/// One `PGresult`.
final class Answer {
    private let result: OpaquePointer
    private let host: String

    init(_ result: OpaquePointer, host: String) {
        self.result = result
        self.host = host
    }

    deinit { PQclear(result) }

    /// What kind of answer it is.
    enum Outcome {
        case done(columns: [PostgresColumn], rows: [PostgresRow], tag: String)
        case failed(PostgresError)
        /// The statement wants to copy, which is not offered.
        case copying
    }

    var outcome: Outcome {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .done(columns: columns, rows: rows, tag: tag)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: .copying
        default: .failed(error)
        }
    }

    private var columns: [PostgresColumn] {
        (0..<PQnfields(result)).map { index in
            PostgresColumn(name: String(cString: PQfname(result, index)), typeOID: PQftype(result, index))
        }
    }

    private var rows: [PostgresRow] {
        let names = columns.map(\.name)
        return (0..<PQntuples(result)).map { row in
            let cells = (0..<Int32(names.count)).map { column -> String? in
                guard PQgetisnull(result, row, column) == 0 else { return nil }
                return PQgetvalue(result, row, column).map { String(cString: $0) }
            }
            return PostgresRow(names: names, cells: cells, host: host)
        }
    }

    private var tag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    private var error: PostgresError {
        func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        guard let sqlstate = field(Diagnostic.sqlstate) else {
            // Without a SQLSTATE it is libpq that speaks: the connection broke.
            let words = PQresultErrorMessage(result).map { trimmed(String(cString: $0)) } ?? ""
            return PostgresError(.connectionLost, host: host, message: words)
        }
        return PostgresError(
            .server(sqlstate: sqlstate), host: host, message: field(Diagnostic.message) ?? "", sqlstate: sqlstate,
            detail: field(Diagnostic.detail), hint: field(Diagnostic.hint))
    }
}
