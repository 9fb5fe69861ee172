internal import Crypto

/// A SHA-256 digest in hexadecimal, the identity of a file's content.
public struct Digest: Sendable, Hashable, Codable, CustomStringConvertible {
    /// 64 hexadecimal digits.
    public let text: String
    /// Wraps digits that were read from somewhere.
    public init(text: String) { self.text = text }
    /// Digests bytes.
    public init(of bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        let text = SHA256.hash(data: Array(bytes)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        self.text = String(decoding: text, as: UTF8.self)
    }
    /// Digests a string's UTF-8.
    public init(of string: String) { self.init(of: Array(string.utf8)) }
    /// The first 12 digits, for people.
    public var short: String { String(text.prefix(12)) }
    /// The digits.
    public var description: String { text }
}
