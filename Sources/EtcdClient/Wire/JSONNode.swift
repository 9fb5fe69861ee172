/// JSON in and out of the gateway, where 64-bit numbers travel as strings and zero values are left out.
enum JSONNode: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number in the answer's own digits would lose nothing; the gateway's bare numbers are 32-bit.
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([String: JSONNode])

    /// A 64-bit number as the gateway wants it.
    static func int64(_ value: Int64) -> JSONNode { .string("\(value)") }
    /// A 64-bit unsigned number as the gateway wants it.
    static func uint64(_ value: UInt64) -> JSONNode { .string("\(value)") }
    /// Bytes as the gateway wants them.
    static func bytes(_ value: EtcdBytes) -> JSONNode { .string(value.base64) }
}

extension JSONNode: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONNode].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONNode].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
