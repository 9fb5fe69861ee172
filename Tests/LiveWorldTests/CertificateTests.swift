import Crypto
import Foundation
import Model
import SwiftASN1
import Testing
import X509

@testable import LiveWorld

@Suite("The certificates in the state directory")
struct CertificateTests {
    private func withStore(_ body: (String, Cluster) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "certificates-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var cluster = Cluster(name: "c")
        cluster.nodes.count = 2
        try await body(folder, cluster)
    }

    private func loaded(_ folder: String, _ cluster: Cluster) async throws -> SecretStore {
        let store = SecretStore(directory: folder)
        try await store.load(cluster)
        return store
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasPrefix("authority") || $0.hasPrefix("identity") || $0.hasPrefix("cluster")
        }.sorted()
    }

    @Test("a new cluster has one authority, and each party a certificate of it for 90 days")
    func made() async throws {
        try await withStore { folder, cluster in
            let store = try await loaded(folder, cluster)
            let identity = await store.identity
            #expect(identity.authorities.map(\.place) == [.current])
            #expect(identity.authorities[0].statesItsUse)
            #expect(identity.certificates.map(\.principal) == cluster.principals)
            for certificate in identity.certificates {
                #expect(certificate.authority == identity.authorities[0].fingerprint)
                let life = certificate.notAfter - certificate.notBefore
                #expect(life == .seconds(91 * 86_400))
            }
            let authorities = try await store.value(.authorities)
            #expect(!authorities.contains("PRIVATE"))
            #expect(try await store.value(.authority).contains("PRIVATE"))
            // a party's file has its own key, and no other party's
            let texts = try await [store.value("identity-pg-node-1"), store.value("identity-pg-node-2")]
            #expect(try PEMText.key(in: texts[0]) != PEMText.key(in: texts[1]))
            #expect(texts.allSatisfy { PEMText.certificates(in: $0).count == 1 })
            let again = try await loaded(folder, cluster)
            #expect(await again.identity == identity)
        }
    }

    @Test("names and addresses stand in a certificate as they were asked for, and are read back as such")
    func hosts() async throws {
        try await withStore { folder, cluster in
            var cluster = cluster
            cluster.tls.hostNames = ["db.example.com", "*.db.example.com", "192.0.2.7", "fd00::7"]
            let certificates = await (try loaded(folder, cluster)).identity.certificates
            #expect(certificates.map { $0.hosts } == cluster.principals.map { $0.hosts(in: cluster) })
            #expect(certificates.allSatisfy { $0.hasItsHosts(in: cluster) })
            let text = try await loaded(folder, cluster).value(Principal.poolerServer.secret)
            let certificate = try Certificate(pemEncoded: try #require(PEMText.certificates(in: text).first))
            let names = try #require(try certificate.extensions.subjectAlternativeNames)
            #expect(names.contains(.dnsName("*.db.example.com")))
            #expect(names.contains(.ipAddress(ASN1OctetString(contentBytes: [192, 0, 2, 7]))))
            #expect(
                names.contains(
                    .ipAddress(ASN1OctetString(contentBytes: [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]))))
            // another manifest asks for other names
            cluster.tls.hostNames = []
            #expect(
                await (try loaded(folder, cluster)).identity.certificates.filter { !$0.hasItsHosts(in: cluster) }.count
                    == 3)
        }
    }

    @Test("a certificate of the manifest's own is used as long as it is good; the last good one outlives a broken file")
    func ownCertificate() async throws {
        try await withStore { folder, cluster in
            var cluster = cluster
            let files = folder + "-files"
            try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: files) }
            func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
                try text.write(toFile: "\(files)/\(name)", atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(files)/\(name)")
            }
            func give(_ pair: String, _ authority: String) throws {
                try write(PEMText.certificates(in: pair).joined(), "cert.pem")
                try write(try PEMText.key(in: pair), "key.pem")
                try write(PEMText.certificates(in: authority).joined(), "ca.pem")
            }
            func store() async throws -> SecretStore {
                let store = SecretStore(directory: folder, manifestDirectory: files)
                try await store.load(cluster)
                return store
            }
            // an authority of somebody else's, and what it signs
            let authority = try CertificateAuthority.make(cluster: "others")
            let signer = try CertificateAuthority(pem: authority)
            let first = try signer.issue(.poolerServer, cluster: cluster)
            let second = try signer.issue(.poolerServer, cluster: cluster)
            cluster.tls.certificateFile = "cert.pem"
            cluster.tls.keyFile = "key.pem"
            cluster.tls.caFile = "ca.pem"
            let name = Principal.poolerServer.secret

            // none yet: the poolers show one of the cluster's authority
            let none = try await store()
            #expect(await none.identity.own?.notAfter == nil)
            let words = "ca.pem cannot be read by the controller's user, uid \(geteuid()): No such file or directory"
            #expect(await none.identity.own?.trouble?.hasSuffix(words) == true)
            #expect(await none.identity.certificates.contains { $0.principal == .poolerServer })

            try give(first, authority)
            let used = try await store()
            #expect(
                try await used.value(name)
                    == PEMText.joined(try PEMText.key(in: first), PEMText.certificates(in: first).joined()))
            #expect(await used.identity.own?.trouble == nil)
            #expect(await used.ownAuthorities == PEMText.certificates(in: authority).joined())
            #expect(await !used.identity.certificates.contains { $0.principal == .poolerServer })

            // what does not fit together is not used, and the last good one is, also by a process that starts then
            let troubles: [(String, () throws -> Void)] = [
                ("does not belong", { try write(try PEMText.key(in: second), "key.pem") }),
                (
                    "no key in PEM",
                    { try write("-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n", "key.pem") }
                ),
                ("read by everybody", { try write(try PEMText.key(in: first), "key.pem", mode: 0o644) }),
                ("no certificate in PEM", { try write("", "cert.pem") }),
                (
                    "no authority in caFile",
                    {
                        try write(
                            PEMText.certificates(in: try CertificateAuthority.make(cluster: "x")).joined(), "ca.pem")
                    }
                ),
                ("cannot be read", { try FileManager.default.removeItem(atPath: files + "/cert.pem") }),
            ]
            for (words, breakIt) in troubles {
                try give(first, authority)
                try breakIt()
                let broken = try await store()
                #expect(await broken.identity.own?.trouble?.contains(words) == true, "\(words)")
                #expect(try await broken.value(name) == used.value(name), "\(words)")
            }
            try give(second, authority)
            #expect(try await store().value(name).contains(try PEMText.key(in: second)))
            // taken out of the manifest, its key does not stay here
            (cluster.tls.certificateFile, cluster.tls.keyFile, cluster.tls.caFile) = (nil, nil, nil)
            let without = try await store()
            #expect(await without.identity.own == nil)
            #expect(
                await without.identity.certificates.contains { $0.principal == .poolerServer && $0.authority != nil })
            #expect(!FileManager.default.fileExists(atPath: folder + "/own-certificate"))
        }
    }

    @Test("one that has ended is not used")
    func ownEnded() throws {
        let signer = try CertificateAuthority(pem: try CertificateAuthority.make(cluster: "others"))
        let pair = try signer.issue(.poolerServer, cluster: Cluster(name: "c"), now: Date() - 200 * 86_400)
        #expect(throws: OwnCertificate.Trouble.self) { try OwnCertificate(chain: pair, key: pair) }
        #expect(throws: Never.self) {
            try OwnCertificate(chain: pair, key: pair, now: Date() - 150 * 86_400)
        }
    }

    @Test("what only looks trusts what the cluster's containers do, shows what it found there, and writes nothing")
    func readOnly() async throws {
        try await withStore { folder, cluster in
            let store = try await loaded(folder, cluster)
            var found: [(name: SecretName, value: String)] = [
                (.authorityPrevious, try await store.value(.authorities))
            ]
            let shared: [SecretName] = [
                "patroni-rest", "postgres-superuser", "postgres-replication", "postgres-rewind",
                "repository-passphrase",
                .etcdRoot, Principal.etcdController.secret,
            ]
            for name in shared where await store.isKept(name) { found.append((name, try await store.value(name))) }
            let other = folder + "-elsewhere"
            let look = SecretStore(directory: other, isReadOnly: true)
            try await look.load(cluster, basis: .living(found: found, new: ["repository-passphrase"]))
            for name in [SecretName.authorities, Principal.etcdController.secret] {
                #expect(try await look.value(name) == (try await store.value(name)))
            }
            #expect(!FileManager.default.fileExists(atPath: other))
        }
    }

    @Test("a new node gets a certificate, and the others keep theirs")
    func newNode() async throws {
        try await withStore { folder, cluster in
            let before = try await loaded(folder, cluster).identity.certificates
            var larger = cluster
            larger.nodes.count = 3
            let store = SecretStore(directory: folder)
            try await store.load(larger, basis: .living(found: [], new: []))
            let after = await store.identity.certificates
            #expect(after.filter { ![.node("pg-node-3"), .etcdClient("pg-node-3")].contains($0.principal) } == before)
            #expect(after.count == before.count + 2)
        }
    }

    @Test(
        "a rotation: trusted first, then signing, trusted on, and dropped; the same from any point where it was cut off"
    )
    func rotation() async throws {
        try await withStore { folder, cluster in
            let store = try await loaded(folder, cluster)
            let first = await store.identity.authorities[0].fingerprint
            let bundle = try await store.value(.authorities)
            try await store.perform(.addAuthority, of: cluster)
            try await store.perform(.addAuthority, of: cluster)
            #expect(await store.identity.authorities.map(\.place) == [.current, .next])
            #expect(await store.identity.certificates.allSatisfy { $0.authority == first })
            let both = try await store.value(.authorities)
            #expect(PEMText.certificates(in: both).count == 2 && both != bundle)
            try await store.perform(.adoptAuthority, of: cluster)
            let second = await store.identity.authorities[0].fingerprint
            #expect(second != first)
            #expect(await store.identity.authorities.map(\.place) == [.current, .previous])
            // nobody has anything to read again by that
            #expect(try await store.value(.authorities) == both)
            let key = try PEMText.key(in: try await store.value("identity-pooler"))
            for principal in cluster.principals {
                try await store.perform(.issue(principal), of: cluster)
            }
            #expect(await store.identity.certificates.allSatisfy { $0.authority == second })
            #expect(try PEMText.key(in: try await store.value("identity-pooler")) != key)
            try await store.perform(.dropAuthority, of: cluster)
            #expect(await store.identity.authorities.map(\.place) == [.current])
            #expect(PEMText.certificates(in: try await store.value(.authorities)).count == 1)
            let again = try await loaded(folder, cluster)
            #expect(await again.identity == store.identity)
            #expect(try files(folder).filter { $0.hasPrefix("authority") } == ["authority"])
        }
    }

    @Test("a cluster of an older build goes on with what it has, and comes to an authority of its own")
    func olderBuild() async throws {
        try await withStore { folder, cluster in
            // its key and its certificate, in the files that it used
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let old = try OldBuild.pair(name: cluster.name.text)
            try old.key.write(toFile: folder + "/cluster-key", atomically: true, encoding: .utf8)
            try old.certificate.write(toFile: folder + "/cluster-certificate", atomically: true, encoding: .utf8)
            let store = try await loaded(folder, cluster)
            #expect(await store.identity.authorities.map(\.place) == [.current])
            #expect(await store.identity.authorities.map(\.statesItsUse) == [false])
            let first = await store.identity.authorities[0].fingerprint
            #expect(await store.identity.certificates.allSatisfy { $0.authority == first })
            #expect(try await store.value(.authorities) == old.certificate)
            try await store.perform(.addAuthority, of: cluster)
            try await store.perform(.adoptAuthority, of: cluster)
            #expect(await store.identity.authorities.map(\.place) == [.current, .previous])
            for principal in cluster.principals { try await store.perform(.issue(principal), of: cluster) }
            try await store.perform(.dropAuthority, of: cluster)
            #expect(await store.identity.authorities.map(\.statesItsUse) == [true])
            #expect(try files(folder).filter { !$0.hasPrefix("identity") } == ["authority"])
        }
    }

    @Test("an authority whose key is lost is replaced; what was found of its certificates is trusted on")
    func lostAuthority() async throws {
        try await withStore { folder, cluster in
            let before = try await loaded(folder, cluster)
            let bundle = try await before.value(.authorities)
            try FileManager.default.removeItem(atPath: folder + "/authority")
            try FileManager.default.removeItem(atPath: folder + "/identity-controller")
            let store = SecretStore(directory: folder)
            #expect(await store.missing(cluster).contains(.authority))
            try await store.load(cluster, basis: .living(found: [(.authorityPrevious, bundle)], new: []))
            #expect(await store.identity.authorities.map(\.place) == [.next, .previous])
            #expect(PEMText.certificates(in: try await store.value(.authorities)).count == 2)
            // nothing can sign the controller's yet, and the other parties' stay
            #expect(
                await store.identity.certificates.map(\.principal) == cluster.principals.filter { $0 != .controller })
            try await store.perform(.adoptAuthority, of: cluster)
            #expect(await store.identity.certificates.map(\.principal) == cluster.principals)
            #expect(await store.missing(cluster).isEmpty)
        }
    }

    @Test("an authority whose key is lost in the course of a rotation: what the containers trust is trusted on")
    func lostInRotation() async throws {
        try await withStore { folder, cluster in
            let store = try await loaded(folder, cluster)
            try await store.perform(.addAuthority, of: cluster)
            try await store.perform(.adoptAuthority, of: cluster)
            let bundle = try await store.value(.authorities)
            try FileManager.default.removeItem(atPath: folder + "/authority")
            let again = SecretStore(directory: folder)
            try await again.load(cluster, basis: .living(found: [(.authorityPrevious, bundle)], new: []))
            #expect(await again.identity.authorities.map(\.place) == [.next, .previous, .previous])
            let trusted = PEMText.certificates(in: try await again.value(.authorities))
            #expect(Set(trusted).isSuperset(of: PEMText.certificates(in: bundle)) && trusted.count == 3)
        }
    }

    @Test("an authority's file that was cut off is named, and what all parties trust stays as it was")
    func damagedAuthority() async throws {
        for name in ["authority", "authority-next", "authority-previous"] {
            try await withStore { folder, cluster in
                let store = try await loaded(folder, cluster)
                try await store.perform(.addAuthority, of: cluster)
                let bundle = try await store.value(.authorities)
                let path = "\(folder)/\(name)"
                let whole = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                let key = (try? PEMText.key(in: whole)) ?? ""
                try (key.isEmpty ? "x" : key).write(toFile: path, atomically: true, encoding: .utf8)
                await #expect(throws: SecretStore.Failure.self) { try await store.load(cluster) }
                #expect(try await store.value(.authorities) == bundle)
            }
        }
    }

    @Test("a file that holds no certificate is named, and nothing is made over it")
    func damaged() async throws {
        try await withStore { folder, cluster in
            _ = try await loaded(folder, cluster)
            try "rubbish".write(toFile: folder + "/identity-pooler", atomically: true, encoding: .utf8)
            let failure = await #expect(throws: SecretStore.Failure.self) {
                try await SecretStore(directory: folder).load(cluster)
            }
            #expect(failure?.name == "identity-pooler")
            #expect(try String(contentsOfFile: folder + "/identity-pooler", encoding: .utf8) == "rubbish")
        }
    }

    @Test("PEM: the blocks are found whatever stands between them, and an open one is none")
    func pem() throws {
        let key = "-----BEGIN PRIVATE KEY-----\nAAA=\n-----END PRIVATE KEY-----\n"
        let certificate = "-----BEGIN CERTIFICATE-----\nBBB=\n-----END CERTIFICATE-----\n"
        let text = "a\r\n" + certificate + "\n\nb\n" + key + certificate + "-----BEGIN CERTIFICATE-----\nCC"
        #expect(try PEMText.key(in: text) == key)
        #expect(PEMText.certificates(in: text) == [certificate, certificate])
        #expect(PEMText.certificates(in: key.replacing("\n", with: "\r\n") + certificate) == [certificate])
        #expect(throws: PEMText.Missing.self) { try PEMText.key(in: certificate) }
    }
}

/// The authority as builds before this one made it: named like the cluster, and without a word on its use.
private enum OldBuild {
    static func pair(name: String) throws -> (key: String, certificate: String) {
        let own = P256.Signing.PrivateKey()
        let key = Certificate.PrivateKey(own)
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: Date() - 86_400, notValidAfter: Date() + 3650 * 86_400, issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                SubjectAlternativeNames([.dnsName("pg-node-1")])
            }, issuerPrivateKey: key)
        return (own.pemRepresentation + "\n", try certificate.serializeAsPEM().pemString + "\n")
    }
}
