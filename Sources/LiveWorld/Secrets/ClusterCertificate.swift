import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// The certificate that the parts of one cluster show each other, and know each other by: signed by its own key, and
/// trusted because everybody has a copy. Key and certificate are secrets of the store; taking both files away makes
/// new ones.
enum ClusterCertificate {
    /// A new key as PEM.
    static func makeKey() -> String { P256.Signing.PrivateKey().pemRepresentation }

    /// The certificate of a key: its common name, and the hosts that may show it.
    static func make(name: String, hosts: [String], key pem: String, now: Date = Date()) throws -> String {
        let key = Certificate.PrivateKey(try P256.Signing.PrivateKey(pemRepresentation: pem))
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            // a day of grace for clocks that differ
            notValidBefore: now - 86_400, notValidAfter: now + 10 * 365 * 86_400, issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                SubjectAlternativeNames(hosts.map { .dnsName($0) })
            }, issuerPrivateKey: key)
        return try certificate.serializeAsPEM().pemString + "\n"
    }
}
