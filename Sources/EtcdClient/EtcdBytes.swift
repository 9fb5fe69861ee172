import FoundationEssentials

/// A key or a value: any bytes, most often text.
public struct EtcdBytes: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The bytes.
    public var bytes: [UInt8]
    /// Raw bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    /// A text in UTF-8.
    public init(_ text: String) { bytes = Array(text.utf8) }
    /// A literal text.
    public init(stringLiteral value: String) { self.init(value) }
    /// The bytes as UTF-8, damaged parts replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The same as `text`.
    public var description: String { text }

    var base64: String { Data(bytes).base64EncodedString() }
}

/// Which keys an operation is about.
public enum EtcdKeys: Sendable, Hashable {
    /// One key.
    case one(EtcdBytes)
    /// Every key that begins so; an empty prefix means every key.
    case prefix(EtcdBytes)
    /// From the first key on, up to and without the second.
    case between(EtcdBytes, EtcdBytes)
    /// From this key on.
    case from(EtcdBytes)

    /// `key` and `range_end` of rpc.proto's RangeRequest.
    package var bounds: (key: EtcdBytes, end: EtcdBytes?) {
        let zero = EtcdBytes([0])
        return switch self {
        case .one(let key): (key, nil)
        case .prefix(let prefix): (prefix.bytes.isEmpty ? zero : prefix, Self.end(ofPrefix: prefix))
        case .between(let first, let end): (first, end)
        case .from(let key): (key.bytes.isEmpty ? zero : key, zero)
        }
    }

    /// The first key after all that begin with the prefix; a lone zero byte means the end of the key space.
    static func end(ofPrefix prefix: EtcdBytes) -> EtcdBytes {
        var end = prefix.bytes
        while let last = end.last {
            if last < 255 {
                end[end.count - 1] = last + 1
                return EtcdBytes(end)
            }
            end.removeLast()
        }
        return EtcdBytes([0])
    }
}
