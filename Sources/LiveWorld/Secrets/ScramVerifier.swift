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

    /// The stored form of a password (ASCII), with a salt of its own.
    static func make(for password: String) -> String {
        let iterations = 4096
        let salt = (0..<16).map { _ in UInt8.random(in: 0...255) }
        let salted = SymmetricKey(data: salt.salted(password, iterations))
        let client = HMAC<SHA256>.authenticationCode(for: Array("Client Key".utf8), using: salted)
        let server = HMAC<SHA256>.authenticationCode(for: Array("Server Key".utf8), using: salted)
        let parts = [Data(salt), Data(SHA256.hash(data: Array(client))), Data(server)].map { $0.base64EncodedString() }
        return "SCRAM-SHA-256$\(iterations):\(parts[0])$\(parts[1]):\(parts[2])"
    }

    /// Whether the stored key was made from this password (ASCII; others would need SASLprep first).
    func matches(_ password: String) -> Bool {
        let salted = salt.salted(password, iterations)
        let client = HMAC<SHA256>.authenticationCode(for: Array("Client Key".utf8), using: SymmetricKey(data: salted))
        return Array(SHA256.hash(data: Array(client))) == storedKey
    }
}

extension [UInt8] {
    /// RFC 5802's `Hi(password, salt, iterations)`, this being the salt.
    fileprivate func salted(_ password: String, _ iterations: Int) -> [UInt8] {
        let key = SymmetricKey(data: Array(password.utf8))
        var block = Array(HMAC<SHA256>.authenticationCode(for: self + [0, 0, 0, 1], using: key))
        var salted = block
        for _ in 1..<Swift.max(iterations, 1) {
            block = Array(HMAC<SHA256>.authenticationCode(for: block, using: key))
            for index in salted.indices { salted[index] ^= block[index] }
        }
        return salted
    }
}
