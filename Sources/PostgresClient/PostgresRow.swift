/// A row; its cells are read by column name and type. NULL is nil; a missing column or a value of another
/// type is an error (`malformed`), never nil.
public struct PostgresRow: Sendable, Hashable {
    private let names: [String]
    private let cells: [String?]
    private let host: String

    /// A row of text cells; `host` is for errors.
    package init(names: [String], cells: [String?], host: String) {
        self.names = names
        self.cells = cells
        self.host = host
    }

    /// The server's text of a cell.
    public func string(_ column: String) throws(PostgresError) -> String? {
        guard let index = names.firstIndex(of: column) else {
            let columns = names.joined(separator: ", ")
            throw PostgresError(.malformed, host: host, message: "no column \(column) among \(columns)")
        }
        return cells[index]
    }

    /// An integer: `int2`, `int4`, `int8`, `oid`, or a `numeric` without a fraction, within 64 bits.
    public func int(_ column: String) throws(PostgresError) -> Int? {
        try read(column, as: "integer") { Int($0) }
    }

    /// A truth value.
    public func bool(_ column: String) throws(PostgresError) -> Bool? {
        try read(column, as: "boolean") { $0 == "t" ? true : $0 == "f" ? false : nil }
    }

    /// A number.
    public func double(_ column: String) throws(PostgresError) -> Double? {
        try read(column, as: "number") { Double($0) }
    }

    /// A write-ahead-log position (`pg_lsn`, `16/B374D848`) as bytes from the beginning.
    public func lsn(_ column: String) throws(PostgresError) -> Int64? {
        try read(column, as: "pg_lsn") { text in
            let halves = text.split(separator: "/")
            guard halves.count == 2, let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16)
            else { return nil }
            return Int64(bitPattern: UInt64(high) << 32 | UInt64(low))
        }
    }

    /// A one-dimensional array of texts without NULLs.
    public func strings(_ column: String) throws(PostgresError) -> [String]? {
        try read(column, as: "array") { ArrayText.elements(of: $0) }
    }

    private func read<Value>(
        _ column: String, as type: String, _ parse: (String) -> Value?
    ) throws(PostgresError) -> Value? {
        guard let text = try string(column) else { return nil }
        guard let value = parse(text) else {
            throw PostgresError(.malformed, host: host, message: "column \(column) is no \(type): \(text.prefix(80))")
        }
        return value
    }
}

/// The text form of arrays (PostgreSQL manual, 8.15.6).
enum ArrayText {
    static func elements(of text: String) -> [String]? {
        guard text.unicodeScalars.first == "{", text.unicodeScalars.last == "}", text.count >= 2 else { return nil }
        var elements: [String] = []
        var element = String.UnicodeScalarView()
        var (isQuoted, isEscaped, wasQuoted) = (false, false, false)
        for character in text.unicodeScalars.dropFirst().dropLast() {
            if isEscaped {
                element.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
                wasQuoted = true
            } else if character == ",", !isQuoted {
                elements.append(String(element))
                (element, wasQuoted) = (String.UnicodeScalarView(), false)
            } else if character == "{", !isQuoted {
                return nil
            } else {
                element.append(character)
            }
        }
        if !element.isEmpty || wasQuoted || !elements.isEmpty { elements.append(String(element)) }
        return isQuoted || isEscaped ? nil : elements
    }
}
