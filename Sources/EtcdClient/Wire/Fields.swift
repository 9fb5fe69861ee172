import FoundationEssentials

/// An object of an answer. An absent field is its type's zero, as in protobuf; one of another type is `malformed`.
package struct Fields: Sendable {
    let values: [String: JSONNode]
    /// Who answered, for errors.
    let target: String

    init(_ values: [String: JSONNode], target: String) {
        self.values = values
        self.target = target
    }

    /// Reads one JSON object.
    package init(parsing body: [UInt8], target: String) throws(EtcdError) {
        let node: JSONNode
        do { node = try JSONDecoder().decode(JSONNode.self, from: Data(body)) } catch {
            let text = String(decoding: body.prefix(200), as: UTF8.self)
            throw EtcdError(.malformed, target: target, message: "no JSON: \(text)")
        }
        guard case .object(let values) = node else {
            throw EtcdError(.malformed, target: target, message: "no JSON object")
        }
        self.init(values, target: target)
    }

    func has(_ name: String) -> Bool { values[name].map { $0 != .null } ?? false }

    package func int64(_ name: String) throws(EtcdError) -> Int64 { try integer(name) ?? 0 }
    package func uint64(_ name: String) throws(EtcdError) -> UInt64 { try integer(name) ?? 0 }

    package func bool(_ name: String) throws(EtcdError) -> Bool {
        switch values[name] {
        case nil, .null: return false
        case .bool(let value): return value
        default: throw wrong(name)
        }
    }

    func string(_ name: String) throws(EtcdError) -> String {
        switch values[name] {
        case nil, .null: return ""
        case .string(let value): return value
        default: throw wrong(name)
        }
    }

    package func bytes(_ name: String) throws(EtcdError) -> EtcdBytes {
        guard let data = Data(base64Encoded: try string(name)) else { throw wrong(name) }
        return EtcdBytes(Array(data))
    }

    package func strings(_ name: String) throws(EtcdError) -> [String] {
        try list(name) { (node) throws(EtcdError) in
            guard case .string(let value) = node else { throw wrong(name) }
            return value
        }
    }

    func object(_ name: String) throws(EtcdError) -> Fields? {
        switch values[name] {
        case nil, .null: return nil
        case .object(let value): return Fields(value, target: target)
        default: throw wrong(name)
        }
    }

    func objects(_ name: String) throws(EtcdError) -> [Fields] {
        try list(name) { (node) throws(EtcdError) in
            guard case .object(let value) = node else { throw wrong(name) }
            return Fields(value, target: target)
        }
    }

    private func list<Element>(
        _ name: String, _ read: (JSONNode) throws(EtcdError) -> Element
    ) throws(EtcdError) -> [Element] {
        switch values[name] {
        case nil, .null: return []
        case .array(let nodes):
            var elements: [Element] = []
            for node in nodes { elements.append(try read(node)) }
            return elements
        default: throw wrong(name)
        }
    }

    private func integer<Integer: FixedWidthInteger>(_ name: String) throws(EtcdError) -> Integer? {
        switch values[name] {
        case nil, .null: return nil
        case .string(let text):
            guard let value = Integer(text) else { throw wrong(name) }
            return value
        case .number(let number):
            guard let value = Integer(exactly: number) else { throw wrong(name) }
            return value
        default: throw wrong(name)
        }
    }

    private func wrong(_ name: String) -> EtcdError {
        EtcdError(.malformed, target: target, message: "the field \(name) is of another type")
    }
}
