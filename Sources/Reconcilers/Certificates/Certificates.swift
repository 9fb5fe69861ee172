public import Model

/// Renews the certificates of the cluster's parties, and replaces its authority, so that no handshake ever fails: an authority is
/// trusted everywhere before it signs, and until nothing that it has signed is in use any more.
public struct Certificates: Reconciler {
    /// Its name in plans and events.
    public let name = "certificates"
    /// Creates the planner.
    public init() {}

    /// An authority is replaced when it has less than this left.
    static let authorityMargin: Duration = .seconds(365 * 86_400)
    /// A certificate that has less than this left should have been renewed long ago.
    static let alarm: Duration = .seconds(20 * 86_400)

    /// How long a certificate may lie unread: ten days, and the day by which its life begins before it is signed.
    static let unreadLimit: Duration = .seconds(11 * 86_400)

    /// One step of a rotation at a time; certificates that are due at once.
    public func propose(_ input: PlanningInput) -> Proposal {
        let identity = input.observation.identity
        let conditions = alarms(identity, at: Timestamp(input.now)) + own(identity.own, input) + unread(input)
        var proposal = Proposal(conditions: conditions)
        guard let current = identity.authority(.current) else {
            // its key is lost: another one signs as soon as everybody trusts it
            guard identity.authority(.next) != nil else { return proposal }
            adopt(input, into: &proposal)
            return proposal
        }
        for certificate in identity.certificates {
            guard let reason = reasonToSign(certificate, current, input) else { continue }
            proposal.actions.append(
                Action(
                    .identity(.issue(certificate.principal)), on: .certificate(certificate.principal), because: reason))
        }
        if !proposal.actions.isEmpty {
            proposal.waiting.append("certificates")
        } else if identity.authority(.next) != nil {
            adopt(input, into: &proposal)
        } else if identity.authority(.previous) != nil {
            step(
                .dropAuthority, .signsNothing, "the certificates that the previous authority signed", input, &proposal)
        } else if let reason = reasonToReplace(current, at: Timestamp(input.now)) {
            proposal.actions.append(Action(.identity(.addAuthority), on: .authority, because: reason))
            proposal.waiting.append("an authority")
        }
        return proposal
    }

    private func reasonToSign(
        _ certificate: CertificateView, _ current: AuthorityView, _ input: PlanningInput
    ) -> Reason? {
        if certificate.authority != current.fingerprint { return .signedBefore }
        // one that ends with its authority cannot end later
        if certificate.isDue(at: Timestamp(input.now)), certificate.notAfter < current.notAfter {
            return .endsSoon(certificate.notAfter.brief)
        }
        return certificate.hasItsHosts(in: input.cluster)
            ? nil : .hostsDiffer(certificate.principal.hosts(in: input.cluster))
    }

    private func reasonToReplace(_ authority: AuthorityView, at now: Timestamp) -> Reason? {
        if authority.notAfter - now < Certificates.authorityMargin { return .endsSoon(authority.notAfter.brief) }
        return authority.statesItsUse ? nil : .sharedAuthority
    }

    private func adopt(_ input: PlanningInput, into proposal: inout Proposal) {
        step(.adoptAuthority, .trustedEverywhere, "the next authority", input, &proposal)
    }

    /// A step that needs every living party to have read the files that there are now.
    private func step(
        _ effect: IdentityEffect, _ reason: Reason, _ what: String, _ input: PlanningInput, _ proposal: inout Proposal
    ) {
        guard let scope = EngineScope(input) else { return }
        if let late = CertificatesInForce(scope).late {
            proposal.wait(for: "\(late) to read \(what)", lookAgain: .seconds(1))
        } else {
            proposal.actions.append(Action(.identity(effect), on: .authority, because: reason))
            proposal.waiting.append("an authority")
        }
    }

    /// A certificate that was renewed long ago and is not in use: the party shows the one before it, which ends soon.
    private func unread(_ input: PlanningInput) -> [Condition] {
        guard let scope = EngineScope(input) else { return [] }
        let parties = CertificatesInForce(scope)
        return input.observation.identity.certificates.compactMap { certificate in
            guard Timestamp(input.now) - certificate.notBefore > Certificates.unreadLimit,
                let late = parties.late(certificate.principal)
            else { return nil }
            return Condition(
                .certificateExpiring, .true, reason: "NotInUse",
                message:
                    "\(late) has not read it for ten days, and shows the one before it, which ends within three weeks. A "
                    + "pause or maintenance keeps the controller from bringing it there: end that",
                subject: .certificate(certificate.principal))
        }
    }

    /// What is to be said of the manifest's own certificate, which only a person can renew.
    private func own(_ own: OwnCertificateView?, _ input: PlanningInput) -> [Condition] {
        guard let own else { return [] }
        var conditions: [Condition] = []
        if let trouble = own.trouble {
            let used =
                own.notAfter.map { "The last good one stays in use; it ends on \($0.brief)" }
                ?? "The poolers show a certificate of the cluster's own authority, which `controller certificates ca` prints"
            conditions.append(
                Condition(
                    .certificateInvalid, .true, reason: "Unusable",
                    message: "the certificate of spec.tls cannot be used: \(trouble). \(used)",
                    subject: .certificate(.poolerServer)))
        }
        if let end = own.notAfter, end - Timestamp(input.now) < Certificates.alarm {
            let isOver = end <= Timestamp(input.now)
            conditions.append(
                Condition(
                    .certificateExpiring, .true, reason: isOver ? "Expired" : "ExpiresSoon",
                    message:
                        "the certificate of spec.tls \(isOver ? "ended" : "ends") on \(end.brief); put a new one into its file, and "
                        + "the poolers read it", subject: .certificate(.poolerServer)))
        }
        return conditions
    }

    private func alarms(_ identity: IdentityView, at now: Timestamp) -> [Condition] {
        let ends =
            identity.certificates.map { (Subject.certificate($0.principal), $0.notAfter) }
            + identity.authorities.map { (Subject.authority, $0.notAfter) }
        return ends.filter { $0.1 - now < Certificates.alarm }.map { subject, end in
            Condition(
                .certificateExpiring, .true, reason: end <= now ? "Expired" : "ExpiresSoon",
                message:
                    "it \(end <= now ? "ended" : "ends") on \(end.brief), and was not renewed; the events say why. "
                    + "`controller certificates rotate` renews it", subject: subject)
        }
    }
}

/// Whether the parties that live have read the certificates that there are now.
struct CertificatesInForce {
    private let scope: EngineScope

    init(_ scope: EngineScope) { self.scope = scope }

    /// A party that has not, in words; nil when all have. One that does not run gets its files before it starts, and a task
    /// that runs ends soon. One that the manifest does not name any more and that still runs is on its way out.
    var late: String? {
        for principal in scope.cluster.principals {
            if let late = late(principal) { return late }
        }
        let (cluster, parties) = (scope.cluster, [Component.node, .pooler, .etcd])
        let names =
            cluster.nodeNames.map(\.text) + cluster.poolers.map(\.name.text) + cluster.etcdNames.map(\.text)
        let surplus = parties.lazy.flatMap { scope.containers(of: $0) }.first {
            $0.state.isAlive && !names.contains($0.ownName.text)
        }
        if let surplus { return "\(surplus.name), which is not to run," }
        let task = scope.containers(of: .task).first { $0.state.isAlive }
        return task.map { "\($0.name), which runs," }
    }

    /// A node that has not read its own files, which hold more than certificates; nil when all have that run. One that is on its
    /// way out gets no files any more.
    var lateNode: String? {
        let surplus = scope.containers(of: .node).first {
            $0.state.isAlive && scope.cluster.index(of: NodeName($0.ownName.text)) == nil
        }
        return scope.cluster.nodeNames.lazy.compactMap { late(.node($0)) }.first ?? surplus?.name.text
    }

    /// Whether every node that runs shows a certificate that no other party has: not while an older build's authority signs.
    var areNodesProven: Bool {
        lateNode == nil && !scope.input.observation.secrets.contains { $0.name == .sharedKey }
            && scope.input.observation.identity.authority(.current)?.statesItsUse != false
    }

    /// The container of a party that has not read its certificate.
    func late(_ principal: Principal) -> String? {
        let secrets = scope.input.observation.secrets
        switch principal {
        case .node(let name):
            let node = NodeView(name, at: scope)
            guard let seen = node.container, seen.state.isAlive else { return nil }
            let wanted = PatroniFile.version(for: name, scope.input)
            let isRead =
                isCurrent(seen, NodeSpec.identity(of: name), secrets)
                && node.key?.tags.value(of: PatroniFile.versionTag) == wanted
            return isRead ? nil : name.text
        case .pooler, .poolerServer:
            return scope.cluster.poolers.first { !isRead(by: $0, secrets) }?.name.text
        case .etcdMember(let name):
            // its authorities are written only before it starts, so that those that lie there are those that it trusts
            return lacks(ClusterIdentity.files(of: principal, owner: EtcdSpec.owner), name, secrets)
        case .etcdClient(let node): return lacks([NodeSpec.etcdIdentity(of: node)], node.container, secrets)
        case .etcdSuperuser:
            let files = [EtcdSpec.superuserIdentity]
            return scope.cluster.etcdNames.lazy.compactMap { lacks(files, $0, secrets) }.first
        // the controller shows the newest one at each connection
        case .backup, .controller, .etcdController, .monitoring: return nil
        }
    }

    /// The name of a party of etcd that speaks TLS and does not have these files.
    private func lacks(_ files: [FileSpec], _ name: ContainerName, _ secrets: [SecretView]) -> String? {
        guard let seen = scope.container(name), seen.state.isAlive, seen.labels.value(of: Label.etcdTLS) != nil else {
            return nil
        }
        return isCurrent(seen, files, secrets) ? nil : name.text
    }

    private func isRead(by pooler: Pooler, _ secrets: [SecretView]) -> Bool {
        guard let seen = scope.container(pooler.name), seen.state.isAlive else { return true }
        guard let view = scope.input.observation.pooler(pooler.name).value else { return false }
        return isCurrent(seen, PoolerSpec.identity, secrets)
            && view.version == PoolerSpec.version(hosts: view.hosts, at: scope)
    }

    private func isCurrent(_ seen: ContainerView, _ files: [FileSpec], _ secrets: [SecretView]) -> Bool {
        guard case .present(let views) = seen.files else { return false }
        return files.allSatisfy { file in
            views.first { $0.path == file.path }?.content
                == .asWritten(template: file.identity.digest(secrets: secrets))
        }
    }
}
