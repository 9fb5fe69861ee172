import FoundationEssentials
import Glibc
import Model
import SwiftASN1
import X509

extension SecretName {
    /// The last good certificate of the manifest's own, with its key: it outlives a broken file and a restart.
    static let ownCertificate: SecretName = "own-certificate"
}

/// The certificate that a person has given for the poolers (`spec.tls.certificateFile`), with its key.
struct OwnCertificate {
    /// Why one cannot be used, as the end of a sentence.
    struct Trouble: Error {
        let text: String
    }

    /// The key and the chain in PEM, one behind the other.
    let text: String
    /// The certificate of the server.
    let certificate: Certificate

    /// Joins what a person has given, where it fits together.
    /// - Parameters:
    ///   - chain: the certificate, and those between it and its authority, in PEM.
    ///   - authorities: the certificates of authorities of which one has signed the chain; empty where that is not known.
    /// - Throws: `Trouble` where no client could use it.
    init(chain: String, key: String, authorities: String = "", now: Date = Date()) throws(Trouble) {
        let certificates = try OwnCertificate.certificates(in: chain, "certificateFile")
        guard let first = certificates.first else { throw Trouble(text: "certificateFile holds no certificate in PEM") }
        guard let keyText = try? PEMText.key(in: key), let parsed = try? Certificate.PrivateKey(pemEncoded: keyText)
        else { throw Trouble(text: "keyFile holds no key in PEM that can be read without a passphrase") }
        guard parsed.publicKey == first.publicKey else {
            throw Trouble(text: "the key in keyFile does not belong to the certificate")
        }
        guard first.notValidAfter > now else {
            throw Trouble(
                text: "it ended on \(Timestamp(seconds: Int64(first.notValidAfter.timeIntervalSince1970)).brief)")
        }
        let trusted = try OwnCertificate.certificates(in: authorities, "caFile")
        let isTrusted = trusted.contains { authority in
            certificates.contains { authority.publicKey.isValidSignature($0.signature, for: $0) }
        }
        guard authorities.isEmpty || isTrusted else {
            throw Trouble(text: "no authority in caFile has signed it")
        }
        text = PEMText.joined(keyText, PEMText.certificates(in: chain).joined())
        certificate = first
    }

    private static func certificates(in text: String, _ field: String) throws(Trouble) -> [Certificate] {
        do {
            return try PEMText.certificates(in: text).map { try Certificate(pemEncoded: $0) }
        } catch {
            throw Trouble(text: "\(field) holds a certificate that cannot be read")
        }
    }
}

extension SecretStore {
    /// The certificate of the manifest's own that is in use; the last good one where the files are not. Nil where the manifest
    /// has none, or there has never been a good one.
    func readOwnCertificate(of cluster: Cluster) throws(Failure) -> OwnCertificate? {
        let kept = "\(directory)/\(SecretName.ownCertificate)"
        guard let files = cluster.tls.files else {
            (own, ownAuthorities) = (nil, "")
            if !isReadOnly { unlink(kept) }
            return nil
        }
        let last = try read(kept, for: .ownCertificate)
        do throws(OwnCertificate.Trouble) {
            let authorities = try files.authorities.map { path throws(OwnCertificate.Trouble) in try given(path) } ?? ""
            let new = try OwnCertificate(
                chain: try given(files.certificate), key: try given(files.key, isSecret: true), authorities: authorities
            )
            if new.text != last, !isReadOnly { try? replace(.ownCertificate, with: new.text) }
            (own, ownAuthorities) = (OwnCertificateView(new), authorities)
            return new
        } catch {
            let usable = last.flatMap { try? OwnCertificate(chain: $0, key: $0) }
            own = OwnCertificateView(usable, trouble: error.text)
            return usable
        }
    }

    /// The text of a file that the manifest names. It may be a link, as the tools that renew certificates make them.
    private func given(_ file: String, isSecret: Bool = false) throws(OwnCertificate.Trouble) -> String {
        let path = path(of: file)
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            let why = String(cString: strerror(errno))
            throw OwnCertificate.Trouble(
                text: "\(path) cannot be read by the controller's user, uid \(geteuid()): \(why)")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size < 1 << 20,
            let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { throw OwnCertificate.Trouble(text: "\(path) is no file with text in it") }
        guard !isSecret || status.st_mode & 0o004 == 0 else {
            throw OwnCertificate.Trouble(text: "\(path) may be read by everybody; chmod 600 it")
        }
        return text
    }
}

extension OwnCertificateView {
    /// What planners know of it.
    init(_ used: OwnCertificate?, trouble: String? = nil) {
        self.init(
            notAfter: used.map { Timestamp(seconds: Int64($0.certificate.notValidAfter.timeIntervalSince1970)) },
            trouble: trouble)
    }
}
