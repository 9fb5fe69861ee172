package import Model

/// What a process has read of its certificates: who signed its own, and whom it trusts.
package struct LoadedIdentity: Sendable, Hashable {
    /// The fingerprint of the authority that signed its certificate.
    package var signer: String?
    /// The fingerprints of the authorities that it trusts.
    package var trusted: [String] = []

    /// From the files in a container.
    init(_ files: [PlacedFile]) {
        signer = files.first { $0.path.hasSuffix("identity.pem") }?.authorities.first
        trusted = files.first { $0.path.hasSuffix("cluster.crt") }?.authorities ?? []
    }
}

/// The cluster's certificates, as they are in the state directory.
extension Universe {
    /// The authorities that a file names, as it is written now.
    func authorities(in file: FileSpec) -> [String] {
        file.content.segments.flatMap { segment -> [String] in
            guard case .secret(let name) = segment else { return [] }
            if name == .authorities { return identity.authorities.map(\.fingerprint) }
            return identity.certificates.filter { $0.principal.secret == name }.compactMap(\.authority)
        }
    }

    /// The processes of a container read their certificates.
    mutating func readIdentity(_ index: Int) {
        engine.containers[index].identity = LoadedIdentity(engine.containers[index].files)
    }

    /// The cluster's first authority, one of an older build perhaps.
    mutating func makeIdentity(isShared: Bool) {
        identity = IdentityView(authorities: [
            AuthorityView(
                place: .current, fingerprint: "authority-0", notAfter: after(days: 3650), statesItsUse: !isShared)
        ])
        setSecret(.authorities)
    }

    /// Signs what is missing, as the state directory does when it is read.
    mutating func signMissing(_ cluster: Cluster) {
        for node in cluster.nodeNames where !secrets.contains(where: { $0.name == .etcdUser(of: node) }) {
            setSecret(.etcdUser(of: node))
        }
        guard let current = identity.authority(.current) else { return }
        for principal in cluster.principals where !identity.certificates.contains(where: { $0.principal == principal })
        {
            sign(principal, of: cluster, by: current)
        }
    }

    /// Performs one change.
    package mutating func perform(_ effect: IdentityEffect, of cluster: Cluster) -> Outcome {
        switch effect {
        case .issue(let principal):
            guard let current = identity.authority(.current) else {
                return .refused(Refusal(.unavailable, "there is no authority that could sign"))
            }
            sign(principal, of: cluster, by: current)
        case .addAuthority: addAuthority()
        case .adoptAuthority:
            guard let next = identity.authority(.next) else {
                return .refused(Refusal(.gone, "there is no next authority"))
            }
            for place in identity.authorities.indices {
                identity.authorities[place].place =
                    identity.authorities[place].fingerprint == next.fingerprint ? .current : .previous
            }
        case .dropAuthority:
            identity.authorities.removeAll { $0.place == .previous }
            setSecret(.authorities)
        }
        return .done("")
    }

    /// Makes an authority that signs nothing yet; nothing where there is one.
    mutating func addAuthority() {
        guard identity.authority(.next) == nil else { return }
        identity.authorities.append(
            AuthorityView(place: .next, fingerprint: "authority-\(nextSerial())", notAfter: after(days: 3650)))
        setSecret(.authorities)
    }

    /// All certificates come to the end of their lives.
    mutating func ageCertificates() {
        for place in identity.certificates.indices {
            identity.certificates[place].notBefore = after(days: -80)
            identity.certificates[place].notAfter = after(days: 25)
        }
    }

    /// What an older build would have left: volumes and containers without the labels and the files for TLS with etcd, and
    /// processes that speak without.
    mutating func forgetTLS() {
        for place in engine.volumes.indices {
            engine.volumes[place].labels.removeAll { $0.key == Label.etcdTLS }
        }
        for place in engine.containers.indices where engine.containers[place].owner == scope.text {
            engine.containers[place].labels.removeAll { $0.key == Label.etcdTLS }
            let isMember = engine.containers[place].component == .etcd
            engine.containers[place].files.removeAll { file in
                file.path.hasSuffix("etcd.pem") || isMember && !file.path.hasSuffix("etcd.yaml")
            }
            for number in engine.containers[place].files.indices {
                engine.containers[place].files[number].content.forgetTLS()
            }
            engine.containers[place].etcd?.transport = EtcdListeners(label: nil)
            engine.containers[place].node?.usesTLS = false
            if isMember { readIdentity(place) }
        }
        store?.access = StoreAccess()
        for place in (store?.members ?? []).indices {
            let url = store?.members[place].peerURL ?? ""
            store?.members[place].peerURL = url.replacing("https:", with: "http:").replacing(":2381", with: ":2380")
        }
        settleStore()
        isStirred = true
    }

    /// A person changes who may do what in etcd.
    mutating func spoilAccess(_ kind: Int) {
        let node = store?.access.users.keys.sorted().first { $0 != EtcdUsers.root }
        switch kind {
        case 0: store?.access.isEnabled = false
        case 1: if let node { store?.access.users[node] = nil }
        case 2: if let node { store?.access.users[node]?.version = "other" }
        case 3: store?.access.roles = []
        case _: store?.access.users["gone.etcd"] = StoreAccess.User(roles: [EtcdUsers.nodes], version: "other")
        }
    }

    private mutating func sign(_ principal: Principal, of cluster: Cluster, by authority: AuthorityView) {
        identity.certificates.removeAll { $0.principal == principal }
        identity.certificates.append(
            CertificateView(
                principal: principal, hosts: principal.hosts(in: cluster), authority: authority.fingerprint,
                notBefore: after(days: -1), notAfter: after(days: 90)))
        identity.certificates.sort { $0.principal < $1.principal }
        setSecret(principal.secret)
    }

    private mutating func setSecret(_ name: SecretName) {
        secrets.removeAll { $0.name == name }
        secrets.append(SecretView(name: name, version: "\(nextSerial())"))
        secrets.sort { $0.name < $1.name }
    }

    private func after(days: Int64) -> Timestamp {
        Timestamp(microseconds: Timestamp(moment).microseconds + days * 86_400_000_000)
    }
}

extension Template {
    fileprivate mutating func forgetTLS() {
        segments = segments.map { segment in
            guard case .text(let text) = segment else { return segment }
            return .text(
                text.replacing("\n  protocol: https\n", with: "\n")
                    .replacing("http://0.0.0.0:2379,https:", with: "http:").replacing("https:", with: "http:")
                    .replacing(":2381", with: ":2380"))
        }
    }
}
