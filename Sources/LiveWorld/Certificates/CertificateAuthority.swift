import Crypto
import FoundationEssentials
import Glibc
import Model
import SwiftASN1
import X509

/// An authority with its key, which signs the certificates of the cluster's parties (RFC 5280).
///
/// As text it is the key and the certificate in PEM, one behind the other, so that a file holds both and is replaced at once.
struct CertificateAuthority {
    /// How long an authority lives.
    static let lifetime: TimeInterval = 10 * 365 * 86_400
    /// How long a certificate lives; it is renewed when two thirds of that are over.
    static let leafLifetime: TimeInterval = 90 * 86_400
    /// A day of grace for clocks that differ.
    private static let grace: TimeInterval = 86_400

    private let key: Certificate.PrivateKey
    let certificate: Certificate

    /// Reads a key and its certificate.
    /// - Throws: where the text holds no such pair.
    init(pem: String) throws {
        key = Certificate.PrivateKey(try P256.Signing.PrivateKey(pemRepresentation: try PEMText.key(in: pem)))
        guard let first = PEMText.certificates(in: pem).first else { throw PEMText.Missing(what: "certificate") }
        certificate = try Certificate(pemEncoded: first)
        guard key.publicKey == certificate.publicKey else { throw PEMText.Missing(what: "key of this certificate") }
    }

    /// A new authority of a cluster, as text.
    ///
    /// A part of the name is random: readers that look an issuer up by its name must not take an authority for the previous one.
    static func make(cluster: ClusterName, now: Date = Date()) throws -> String {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PrivateKey(key).publicKey
        let mark = String(UInt32.random(in: .min ... .max), radix: 36)
        let subject = try DistinguishedName {
            OrganizationName(cluster.text)
            CommonName("authority \(mark)")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey, notValidBefore: now - grace,
            notValidAfter: now + lifetime, issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                // without it strict readers refuse the authority (Python's ssl with VERIFY_X509_STRICT)
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        return PEMText.joined(key.pemRepresentation, try certificate.serializeAsPEM().pemString)
    }

    /// A new key of a party and the certificate for it, as text.
    func issue(_ principal: Principal, cluster: Cluster, now: Date = Date()) throws -> String {
        let own = P256.Signing.PrivateKey()
        let publicKey = Certificate.PrivateKey(own).publicKey
        // no certificate outlives its authority
        let end = min(now + CertificateAuthority.leafLifetime, certificate.notValidAfter)
        let hosts = principal.hosts(in: cluster).map(GeneralName.init(host:))
        let issued = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now - CertificateAuthority.grace, notValidAfter: end, issuer: certificate.subject,
            subject: try CertificateAuthority.subject(of: principal, cluster.name),
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage(CertificateAuthority.usages(of: principal))
                SubjectAlternativeNames(hosts)
                SubjectKeyIdentifier(hash: publicKey)
                // OpenSSL takes a certificate that has its issuer's name and names no key for one that signed itself, and the
                // authority of an older build has the poolers' name
                AuthorityKeyIdentifier(
                    keyIdentifier: try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
                        ?? SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
            }, issuerPrivateKey: key)
        return PEMText.joined(own.pemRepresentation, try issued.serializeAsPEM().pemString)
    }

    /// The name in a certificate. The parties of etcd and the poolers' servers have no common name.
    private static func subject(of principal: Principal, _ cluster: ClusterName) throws -> DistinguishedName {
        let name = principal.commonName(in: cluster)
        guard name.isEmpty else { return try DistinguishedName { CommonName(name) } }
        return try DistinguishedName { OrganizationName(cluster.text) }
    }

    /// What a certificate may be used for: a node's server asks others as well, and so does an etcd member, whose JSON gateway
    /// asks the member itself.
    private static func usages(of principal: Principal) -> [ExtendedKeyUsage.Usage] {
        switch principal {
        case .node, .etcdMember: [.serverAuth, .clientAuth]
        case .poolerServer, .monitoring: [.serverAuth]
        case .pooler, .backup, .controller, .etcdClient, .etcdController, .etcdSuperuser: [.clientAuth]
        }
    }
}

extension AuthorityView {
    /// What planners know of an authority.
    init(_ place: Place, _ certificate: Certificate) {
        self.init(
            place: place, fingerprint: certificate.fingerprint,
            notAfter: Timestamp(seconds: Int64(certificate.notValidAfter.timeIntervalSince1970)),
            statesItsUse: (try? certificate.extensions.keyUsage) != nil)
    }
}

extension CertificateView {
    /// What planners know of a party's certificate.
    init(_ principal: Principal, _ certificate: Certificate, authorities: [Certificate]) {
        let authority = authorities.first { $0.publicKey.isValidSignature(certificate.signature, for: certificate) }
        self.init(
            principal: principal,
            hosts: ((try? certificate.extensions.subjectAlternativeNames) ?? nil)?.compactMap(\.host) ?? [],
            authority: authority?.fingerprint,
            notBefore: Timestamp(seconds: Int64(certificate.notValidBefore.timeIntervalSince1970)),
            notAfter: Timestamp(seconds: Int64(certificate.notValidAfter.timeIntervalSince1970)))
    }
}

extension GeneralName {
    /// A host's name or its IP address.
    init(host: String) {
        let address = GeneralName.families.lazy.compactMap { family, length -> [UInt8]? in
            var bytes = [UInt8](repeating: 0, count: length)
            return inet_pton(family, host, &bytes) == 1 ? bytes : nil
        }.first
        self = address.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(host)
    }

    /// The host's name or its IP address in its shortest form; nil for what is neither.
    var host: String? {
        switch self {
        case .dnsName(let name): return name
        case .ipAddress(let address):
            guard let (family, _) = GeneralName.families.first(where: { $0.1 == address.bytes.count }) else {
                return nil
            }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(family, Array(address.bytes), &text, socklen_t(text.count)) != nil else { return nil }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        default: return nil
        }
    }

    /// The families of IP addresses, with the length of one in bytes.
    private static let families: [(Int32, Int)] = [(AF_INET, 4), (AF_INET6, 16)]
}

extension Certificate {
    /// The start of its SHA-256, in hexadecimal.
    var fingerprint: String {
        var serializer = DER.Serializer()
        guard (try? serializer.serialize(self)) != nil else { return "" }
        return SHA256.hash(data: serializer.serializedBytes).prefix(8).map {
            ($0 < 16 ? "0" : "") + String($0, radix: 16)
        }.joined()
    }
}

/// Texts in PEM: keys and certificates one behind the other.
enum PEMText {
    /// A text lacks something.
    struct Missing: Error, CustomStringConvertible {
        let what: String
        var description: String { "it holds no \(what) in PEM" }
    }

    /// Texts with a line end behind each.
    static func joined(_ parts: String...) -> String { parts.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined() }

    /// The first key, as PEM.
    static func key(in text: String) throws -> String {
        guard let key = blocks(in: text).first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
            throw Missing(what: "key")
        }
        return key.text
    }

    /// The certificates, each as PEM.
    static func certificates(in text: String) -> [String] {
        blocks(in: text).filter { $0.label == "CERTIFICATE" }.map(\.text)
    }

    private static func blocks(in text: String) -> [(label: String, text: String)] {
        var blocks: [(label: String, text: String)] = []
        var lines: [Substring] = []
        var label: String?
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") {
                (label, lines) = (String(line.dropFirst(11).dropLast(5)), [])
            }
            lines.append(line)
            if let open = label, line == "-----END \(open)-----" {
                blocks.append((open, lines.joined(separator: "\n") + "\n"))
                label = nil
            }
        }
        return blocks
    }
}
