import FoundationEssentials
import Glibc
public import Model
import SwiftASN1
import X509

extension SecretName {
    /// The authority that signs: its key and its certificate. It is in the state directory and nowhere else.
    static let authority: SecretName = "authority"
    /// The authority that will sign once everybody trusts it.
    static let nextAuthority: SecretName = "authority-next"
    /// The certificates of authorities that signed before; without keys.
    static let authorityPrevious: SecretName = "authority-previous"
    /// The certificate of `sharedKey`.
    static let sharedCertificate: SecretName = "cluster-certificate"
}

extension SecretStore {
    /// The names of authorities and certificates that have no file, so far as they need one.
    func missingCertificates(_ cluster: Cluster) -> [SecretName] {
        let shared: [SecretName] = [.sharedKey, .sharedCertificate]
        let hasAuthority = !lacks(.authority) || !shared.contains(where: lacks)
        return (hasAuthority ? [] : [.authority, .authorityPrevious] + shared) + cluster.principals.map(\.secret)
    }

    /// Reads the authorities and the certificates of all parties, and makes what is missing and may be made.
    ///
    /// A certificate may always be signed again. An authority of a living cluster whose key is lost cannot: another one is made,
    /// which signs when everybody trusts it; until then the certificates that there are stay in use.
    func certificates(of cluster: Cluster, basis: Basis) throws(Failure) -> [(SecretName, String)] {
        let current = try currentAuthority(of: cluster, basis: basis)
        let next = try read("\(directory)/\(SecretName.nextAuthority)", for: .nextAuthority)
        var before = try read("\(directory)/\(SecretName.authorityPrevious)", for: .authorityPrevious)
        if before == nil, isReadOnly, case .living(let found, _) = basis {
            // nothing is written, and what the containers trust is needed to ask them
            before = found.first { $0.name == .authorityPrevious }?.value
        }
        let currentText = current.map { PEMText.joined($0.map(\.1).joined()) }
        let trusted = [currentText, next, before].compactMap(\.self).flatMap(PEMText.certificates)
        var loaded = (current ?? []) + [(.authorities, Set(trusted).sorted().joined())]
        var owned: [(principal: Principal, text: String)] = []
        let own = try readOwnCertificate(of: cluster)
        for principal in cluster.principals {
            let name = principal.secret
            guard current != nil || !lacks(name) || isFound(name, basis) else { continue }
            let text = try value(of: name, file: nil, basis: basis) {
                try CertificateAuthority(pem: currentText ?? "").issue(principal, cluster: cluster)
            }
            guard let text else { continue }
            if principal == .poolerServer, let own {
                loaded.append((name, own.text))
                continue
            }
            loaded.append((name, text))
            owned.append((principal, text))
        }
        // before anything of it is used
        try see(current: currentText, next: next, before: before, owned)
        identity.own = self.own
        return loaded
    }

    /// Performs one change.
    func perform(_ effect: IdentityEffect, of cluster: Cluster) throws(Failure) {
        switch effect {
        case .issue(let principal): try issue(principal, of: cluster)
        case .addAuthority: try addAuthority(of: cluster)
        case .adoptAuthority: try adoptAuthority(of: cluster)
        case .dropAuthority: try dropAuthority(of: cluster)
        }
    }

    /// Has the current authority sign a new certificate.
    public func issue(_ principal: Principal, of cluster: Cluster) throws(Failure) {
        guard let current = try currentAuthority(of: cluster, basis: .living(found: [], new: [])) else {
            throw Failure(name: .authority, description: "there is no authority that could sign")
        }
        let text = try attempt(principal.secret) {
            try CertificateAuthority(pem: PEMText.joined(current.map(\.1).joined()))
                .issue(principal, cluster: cluster)
        }
        try replace(principal.secret, with: text)
        try load(cluster, basis: .living(found: [], new: []))
    }

    /// Makes the authority that will sign next; nothing where there is one.
    public func addAuthority(of cluster: Cluster) throws(Failure) {
        if lacks(.nextAuthority) {
            let text = try attempt(.nextAuthority) { try CertificateAuthority.make(cluster: cluster.name) }
            // never over one that another process has just made, and that others may trust by now
            try write(text, to: "\(directory)/\(SecretName.nextAuthority)", name: .nextAuthority)
        }
        try load(cluster, basis: .living(found: [], new: []))
    }

    /// Has the next authority sign from now on. The one before is written down first: cut off between the two, the same
    /// certificates are trusted as before.
    func adoptAuthority(of cluster: Cluster) throws(Failure) {
        let next = "\(directory)/\(SecretName.nextAuthority)"
        guard let text = try read(next, for: .nextAuthority) else {
            throw Failure(name: .nextAuthority, description: "\(next) is gone; `controller certificates rotate --ca`")
        }
        _ = try attempt(.nextAuthority) { try CertificateAuthority(pem: text) }
        let current = try currentAuthority(of: cluster, basis: .living(found: [], new: []))
        let known = try read("\(directory)/\(SecretName.authorityPrevious)", for: .authorityPrevious)
        let before = PEMText.certificates(in: (current ?? []).map(\.1).joined() + (known ?? ""))
        if !before.isEmpty { try replace(.authorityPrevious, with: before.joined()) }
        guard rename(next, "\(directory)/\(SecretName.authority)") == 0 else {
            throw Failure(name: .authority, description: "\(next): \(String(cString: strerror(errno)))")
        }
        try load(cluster, basis: .living(found: [], new: []))
    }

    /// Trusts the previous authority no more.
    func dropAuthority(of cluster: Cluster) throws(Failure) {
        guard !lacks(.authority) else {
            throw Failure(name: .authority, description: "no other authority signs")
        }
        for name: SecretName in [.authorityPrevious, .sharedKey, .sharedCertificate] {
            guard unlink("\(directory)/\(name)") == 0 || errno == ENOENT else {
                throw Failure(name: name, description: "it cannot be removed: \(String(cString: strerror(errno)))")
            }
        }
        try load(cluster, basis: .living(found: [], new: []))
    }

    /// The authority that signs, as its secrets: one, or the two of an older build. Nil where its key is lost; then another
    /// one is made that will sign.
    private func currentAuthority(of cluster: Cluster, basis: Basis) throws(Failure) -> [(SecretName, String)]? {
        if let text = try read("\(directory)/\(SecretName.authority)", for: .authority) {
            return [(.authority, PEMText.joined(text))]
        }
        if let shared = try sharedAuthority(basis) { return shared }
        switch basis {
        case .newCluster:
            let text = try value(of: .authority, file: nil, basis: basis) {
                try CertificateAuthority.make(cluster: cluster.name)
            }
            return text.map { [(.authority, PEMText.joined($0))] }
        case .living(let found, _):
            guard !isReadOnly else { return nil }
            // what the containers trust is trusted on, together with what was known here
            let known = try read("\(directory)/\(SecretName.authorityPrevious)", for: .authorityPrevious) ?? ""
            let seen = found.first { $0.name == .authorityPrevious }?.value ?? ""
            let next = try read("\(directory)/\(SecretName.nextAuthority)", for: .nextAuthority) ?? ""
            let trusted = Set(PEMText.certificates(in: known + seen)).subtracting(PEMText.certificates(in: next))
            if !trusted.isSubset(of: PEMText.certificates(in: known)) {
                try replace(.authorityPrevious, with: trusted.sorted().joined())
            }
            if next.isEmpty {
                let text = try attempt(.nextAuthority) { try CertificateAuthority.make(cluster: cluster.name) }
                try write(text, to: "\(directory)/\(SecretName.nextAuthority)", name: .nextAuthority)
            }
            return nil
        }
    }

    /// The key and the certificate that an older build made, where they are here or in the cluster's containers. One without
    /// the other is left over from before a rotation.
    private func sharedAuthority(_ basis: Basis) throws(Failure) -> [(SecretName, String)]? {
        var pair: [(SecretName, String)] = []
        for name: SecretName in [.sharedKey, .sharedCertificate] {
            var text = try read("\(directory)/\(name)", for: name)
            if text == nil, case .living(let found, _) = basis { text = found.first { $0.name == name }?.value }
            guard let text else { return nil }
            pair.append((name, PEMText.joined(text)))
        }
        guard (try? CertificateAuthority(pem: pair.map(\.1).joined())) != nil else { return nil }
        if !isReadOnly {
            for (name, text) in pair where lacks(name) { try replace(name, with: text) }
        }
        return pair
    }

    private func isFound(_ name: SecretName, _ basis: Basis) -> Bool {
        if case .living(let found, _) = basis { found.contains { $0.name == name } } else { false }
    }

    /// Notes what planners know of them; read again only where a text has changed.
    private func see(
        current: String?, next: String?, before: String?, _ owned: [(principal: Principal, text: String)]
    ) throws(Failure) {
        let texts = [current, next, before].map { $0 ?? "" } + owned.flatMap { [$0.principal.text, $0.text] }
        guard texts != identityTexts else { return }
        // a file that was cut off or mixed up must not empty what all parties trust
        for (name, text) in [(SecretName.authority, current), (.nextAuthority, next)] {
            if let text { _ = try attempt(name) { try CertificateAuthority(pem: text) } }
        }
        if let before, PEMText.certificates(in: before).isEmpty {
            _ = try attempt(.authorityPrevious) { throw PEMText.Missing(what: "certificate") } as Certificate
        }
        var places: [(AuthorityView.Place, Certificate)] = []
        for (place, text) in [(AuthorityView.Place.current, current), (.next, next), (.previous, before)] {
            for pem in PEMText.certificates(in: text ?? "") {
                places.append((place, try attempt(.authority) { try Certificate(pemEncoded: pem) }))
            }
        }
        var certificates: [CertificateView] = []
        for (principal, text) in owned {
            let certificate = try attempt(principal.secret) {
                _ = try PEMText.key(in: text)
                guard let first = PEMText.certificates(in: text).first else {
                    throw PEMText.Missing(what: "certificate")
                }
                return try Certificate(pemEncoded: first)
            }
            certificates.append(CertificateView(principal, certificate, authorities: places.map(\.1)))
        }
        identity = IdentityView(
            authorities: places.map { AuthorityView($0.0, $0.1) },
            certificates: certificates.sorted { $0.principal < $1.principal })
        identityTexts = texts
    }

    private func attempt<Value>(_ name: SecretName, _ body: () throws -> Value) throws(Failure) -> Value {
        do { return try body() } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                name: name,
                description: "\(directory)/\(name): \(error); put the file back, or remove it, and a new one is made")
        }
    }
}
