package import Model

/// What etcd answers to the controller.
extension Universe {
    /// Performs one request.
    package mutating func perform(_ effect: EtcdEffect) -> Outcome {
        guard let known = store, known.isAvailable else {
            return .refused(Refusal(.unavailable, "etcd: no leader"))
        }
        switch effect {
        case .releaseLeader(let prefix, let key, let candidate): return release(prefix, key, candidate)
        case .addLearner(let url): return addLearner(url)
        case .promote(let id): return promote(id)
        case .removeMember(let id): return removeMember(id)
        case .movePeer(let id, let url): return movePeer(id, url)
        case .setRole(let role):
            store?.access.roles.removeAll { $0.name == role.name }
            store?.access.roles.append(role)
            return .done("200")
        case .setUser(let name, let secret, let role):
            let user = StoreAccess.User(roles: [role], version: version(of: secret))
            store?.access.users[name] = user
            return .done("200")
        case .removeUser(let name):
            store?.access.users[name] = nil
            return .done("200")
        case .enableAuthentication(let secret):
            guard known.access.users[EtcdUsers.root]?.roles == [EtcdUsers.root] else {
                return .refused(Refusal(.gone, "etcdserver: user name not found"))
            }
            let password = version(of: secret)
            store?.access.users[EtcdUsers.root]?.version = password
            store?.access.isEnabled = true
            return .done("200")
        case .compact:
            store?.databaseBytes = known.databaseBytes / 20
            store?.fragmented = known.members.map(\.id)
            return .done("200")
        case .defragment(let name):
            guard let member = known.members.first(where: { $0.name == name.text }) else {
                return .refused(Refusal(.gone, "no such member"))
            }
            store?.fragmented.removeAll { $0 == member.id }
            return .done("200")
        case .disarm(let alarm):
            store?.alarms.removeAll { $0 == alarm }
            return .done("200")
        case .putIfAbsent(let key, let value):
            if known.isFull { return .refused(Refusal(.unavailable, "etcdserver: mvcc: database space exceeded")) }
            guard known.key(key) == nil else { return .done("it exists already") }
            let stored = JSONText.value(of: value).map { understood($0, value) } ?? .text(value)
            store?.put(key, stored)
            return .done("200")
        case .replaceKey(let key, let value, let modRevision):
            guard known.key(key)?.modRevision == modRevision else {
                return .refused(Refusal(.conflict, "the key has changed"))
            }
            let stored = JSONText.value(of: value).map { understood($0, value) } ?? .text(value)
            store?.put(key, stored)
            return .done("200")
        case .refound(let prefix, let identifier, let key, let value, let modRevision):
            guard known.key(key)?.modRevision == modRevision else {
                return .refused(Refusal(.conflict, "the key has changed"))
            }
            for name in ["leader", "sync", "history", "status", "failsafe", "failover"] { store?.delete(prefix + name) }
            store?.put(prefix + "initialize", .text(identifier))
            let stored = JSONText.value(of: value).map { understood($0, value) } ?? .text(value)
            store?.put(key, stored)
            return .done("200")
        case .deleteKey(let key, let modRevision):
            guard known.key(key)?.modRevision == modRevision else {
                return .refused(Refusal(.conflict, "the key has changed"))
            }
            store?.delete(key)
            return .done("200")
        }
    }

    func version(of secret: SecretName) -> String { secrets.first { $0.name == secret }?.version ?? "" }

    private func understood(_ json: JSONValue, _ text: String) -> StoreValue {
        switch json {
        case .members: .json(json)
        case .null, .bool, .integer, .number, .string, .array: .text(text)
        }
    }

    private mutating func release(_ prefix: String, _ key: LeaderKey, _ candidate: NodeName?) -> Outcome {
        guard let known = store?.key(prefix + "leader"), known.value == .text(key.node.text), known.lease == key.lease,
            known.createRevision == key.createRevision
        else { return .refused(Refusal(.conflict, "the leader key has changed")) }
        let request = prefix + "failover"
        store?.delete([prefix + "leader", prefix + "members/" + key.node.text] + (candidate == nil ? [request] : []))
        if let candidate { store?.put(request, .text(candidate.text)) }
        store?.revoke(key.lease)
        note("leader key of \(key.node) released")
        leaderKeyGone()
        isStirred = true
        return .done("200")
    }

    private mutating func addLearner(_ url: String) -> Outcome {
        guard let known = store else { return .refused(Refusal(.unavailable, "etcd: no leader")) }
        if known.members.contains(where: { $0.peerURL == url }) {
            return .refused(Refusal(.conflict, "etcdserver: Peer URLs already exists"))
        }
        if known.members.contains(where: \.isLearner) {
            return .refused(Refusal(.conflict, "etcdserver: too many learner members in cluster"))
        }
        let id = 1000 + UInt64(nextSerial())
        store?.members.append(StoreMember(id: id, name: "", peerURL: url, isLearner: true))
        return .done("200")
    }

    private mutating func movePeer(_ id: UInt64, _ url: String) -> Outcome {
        guard let known = store, let place = known.members.firstIndex(where: { $0.id == id }) else {
            return .refused(Refusal(.gone, "etcdserver: member not found"))
        }
        if known.members.contains(where: { $0.id != id && $0.peerURL == url }) {
            return .refused(Refusal(.conflict, "etcdserver: Peer URLs already exists"))
        }
        store?.members[place].peerURL = url
        // whatever it was
        store?.members[place].isLearner = false
        settleStore()
        return .done("200")
    }

    private mutating func promote(_ id: UInt64) -> Outcome {
        guard let place = store?.members.firstIndex(where: { $0.id == id }), let member = store?.members[place] else {
            return .refused(Refusal(.gone, "etcdserver: member not found"))
        }
        guard member.isLearner else {
            return .refused(Refusal(.invalid, "etcdserver: can only promote a learner member"))
        }
        guard !member.name.isEmpty, member.caughtUpAt <= now, isServing(id) else {
            return .refused(Refusal(.unavailable, "etcdserver: can only promote a learner member which is in sync"))
        }
        store?.members[place].isLearner = false
        settleStore()
        return .done("200")
    }

    /// etcd's own strict check (`strict-reconfig-check`) refuses a removal that would leave no started majority.
    private mutating func removeMember(_ id: UInt64) -> Outcome {
        guard let known = store, let member = known.members.first(where: { $0.id == id }) else {
            return .refused(Refusal(.gone, "etcdserver: member not found"))
        }
        let staying = known.voters.filter { $0.id != id }
        if !member.isLearner, staying.filter({ isServing($0.id) }).count * 2 <= staying.count {
            return .refused(
                Refusal(.unavailable, "etcdserver: re-configuration failed due to not enough started members"))
        }
        store?.members.removeAll { $0.id == id }
        store?.fragmented.removeAll { $0 == id }
        store?.alarms.removeAll { $0.member == id }
        if let index = engine.containers.firstIndex(where: { $0.etcd?.memberID == id }) {
            fail(index, "the member has been removed")
        }
        settleStore()
        return .done("200")
    }
}
