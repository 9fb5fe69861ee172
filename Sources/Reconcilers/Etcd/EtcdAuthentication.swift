import Model

/// The permissions in etcd: the controller may do everything, each node what Patroni does, no other party anything.
enum EtcdAuthentication {
    /// The nodes' role: Patroni's keys, and the record of a switchover, by which a primary that shuts down knows for whom.
    static func role(in cluster: Cluster) -> EtcdRole {
        EtcdRole(
            name: EtcdUsers.nodes,
            grants: [
                EtcdGrant(.readWrite, below: cluster.dcsPrefix),
                EtcdGrant(.read, on: SwitchoverRecord.key(of: cluster.name)),
            ])
    }

    /// Makes roles and users, and then has etcd ask for them: as soon as every node shows one.
    static func propose(_ store: EtcdStore) -> Proposal {
        let scope = store.scope
        guard EtcdTransport(scope).isAcceptedEverywhere, store.membership != nil,
            let access = store.view?.access.value
        else { return Proposal() }
        var proposal = Proposal()
        func act(_ effect: EtcdEffect, _ why: String) {
            proposal.actions.append(Action(.etcd(effect), on: .etcd, because: .accessDiffers(why)))
        }
        for role in [EtcdRole(name: EtcdUsers.root, grants: []), role(in: scope.cluster)]
        where !access.roles.contains(where: { $0 == role || role.name == EtcdUsers.root && $0.name == EtcdUsers.root })
        {
            act(.setRole(role), "what role \(role.name) may do differs")
        }
        for (user, secret, role) in EtcdUsers.wanted(scope.cluster) {
            let seen = access.users.first { $0.name == user }
            guard seen?.roles != [role] || seen?.passwordMatches == false else { continue }
            if let seen, seen.roles == [role], let late = late(user, scope) {
                proposal.wait(for: "\(late) to read its new password for etcd", lookAgain: .seconds(1))
            } else {
                act(
                    .setUser(user, secret, role: role),
                    "user \(user) is missing, or its password or role is another one")
            }
        }
        let known =
            EtcdUsers.wanted(scope.cluster).map(\.user)
            + scope.containers(of: .node).map { EtcdUsers.user(of: $0.ownName.node) }
        for user in access.users where user.roles.contains(EtcdUsers.nodes) && !known.contains(user.name) {
            act(.removeUser(user.name), "its node is gone")
        }
        guard !access.isEnabled else { return proposal }
        // before that, names and passwords could go without TLS
        if proposal.actions.isEmpty, EtcdTransport(scope).isRequiredEverywhere {
            act(.enableAuthentication(.etcdRoot), "authentication in etcd is off")
        }
        proposal.wait(for: "authentication in etcd", lookAgain: .milliseconds(250))
        return proposal
    }

    /// A node that lives and has not read its file: with another password in etcd it would be shut out. One without a key in
    /// etcd is shut out already, and cannot show what it has read.
    private static func late(_ user: String, _ scope: EngineScope) -> String? {
        guard let name = scope.cluster.nodeNames.first(where: { EtcdUsers.user(of: $0) == user }) else { return nil }
        guard scope.input.observation.dcs.value != nil else { return name.text }
        return NodeView(name, at: scope).key == nil ? nil : CertificatesInForce(scope).late(.node(name))
    }
}
