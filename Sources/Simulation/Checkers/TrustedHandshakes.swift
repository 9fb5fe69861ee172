internal import Model

/// I22: no handshake fails by a rotation: an authority signs only what every running party trusts already, and is trusted as long
/// as a running party shows a certificate of it.
struct TrustedHandshakes: Checker {
    let invariant = "I22 trusted handshakes"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .identity(let effect) = performed.effect, performed.isDone else { return nil }
        // a party that a person starts between the look and the act has what lies in its container
        guard let words = judge(effect, performed.before) else { return nil }
        return judge(effect, performed.known) == nil ? nil : words
    }

    private func judge(_ effect: IdentityEffect, _ universe: Universe) -> String? {
        let parties = universe.engine.containers.filter { container in
            container.state.isRunning && container.owner == universe.scope.text && container.identity.signer != nil
        }
        switch effect {
        case .issue, .addAuthority: return nil
        case .adoptAuthority:
            guard let next = universe.identity.authority(.next) else { return nil }
            return parties.first { !$0.identity.trusted.contains(next.fingerprint) }.map {
                "\($0.name) does not trust the authority that signs from now on"
            }
        case .dropAuthority:
            let before = universe.identity.authorities.filter { $0.place == .previous }.map(\.fingerprint)
            let shown = parties.first { party in
                let others = party.files.filter { $0.path.hasSuffix("etcd.pem") || $0.path.hasSuffix("server.pem") }
                return before.contains(party.identity.signer ?? "")
                    || others.contains { before.contains($0.authorities.first ?? "") }
            }
            return shown.map {
                "\($0.name) shows a certificate that is trusted no more"
            }
        }
    }
}
