import Crypto
import FoundationEssentials

/// PostgreSQL's stored form of a SCRAM-SHA-256 password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`
/// (RFC 5802 and 7677; src/common/scram-common.c).
struct ScramVerifier {
    let iterations: Int
    let salt: [UInt8]
    let storedKey: [UInt8]

    /// Nil for a text of another form, an MD5 password for example.
    init?(_ text: String) {
        let parts = text.split(separator: "$")
        guard parts.count == 3, parts[0] == "SCRAM-SHA-256" else { return nil }
        let head = parts[1].split(separator: ":")
        let keys = parts[2].split(separator: ":")
        guard head.count == 2, keys.count == 2, let iterations = Int(head[0]), (1...100_000).contains(iterations),
            let salt = Data(base64Encoded: String(head[1])), let storedKey = Data(base64Encoded: String(keys[0]))
        else { return nil }
        self.iterations = iterations
        self.salt = Array(salt)
        self.storedKey = Array(storedKey)
    }

    /// Whether the stored key was made from this password (ASCII; others would need SASLprep first).
    func matches(_ password: String) -> Bool {
        let key = SymmetricKey(data: Array(password.utf8))
        var block = Array(HMAC<SHA256>.authenticationCode(for: salt + [0, 0, 0, 1], using: key))
        var salted = block
        for _ in 1..<max(iterations, 1) {
            block = Array(HMAC<SHA256>.authenticationCode(for: block, using: key))
            for index in salted.indices { salted[index] ^= block[index] }
        }
        let client = HMAC<SHA256>.authenticationCode(for: Array("Client Key".utf8), using: SymmetricKey(data: salted))
        return Array(SHA256.hash(data: Array(client))) == storedKey
    }
}
