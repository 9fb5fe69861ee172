import DockerAPI
import EtcdClient
import HTTPTransport
public import Model

/// Effects on etcd; every write is a transaction that compares first (invariant I5).
struct EtcdPerformer {
    let world: LiveWorld
    let cluster: Cluster

    func perform(_ effect: EtcdEffect) async throws -> Outcome {
        let client = try await world.currentStore(cluster)
        switch effect {
        case .releaseLeader(let prefix, let key, let candidate):
            return try await release(key, prefix: prefix, candidate: candidate, client)
        case .addLearner(let url): _ = try await client.addMember(peerURLs: [url], isLearner: true)
        case .promote(let id): try await client.promoteMember(id)
        case .removeMember(let id): try await client.removeMember(id)
        case .setRole, .setUser, .removeUser, .enableAuthentication:
            await world.latest.forgetAccess()
            try await authorise(effect, client)
        case .movePeer(let id, let url): _ = try await client.updateMember(id, peerURLs: [url])
        case .compact(let revision):
            do throws(EtcdError) {
                try await client.compact(to: revision)
            } catch {
                guard case .compacted = error.code else { throw error }
            }
        case .defragment(let name):
            let member = try await world.etcdAddress(of: name, cluster)
            for (_, endpoint) in await world.endpoints(of: [member]) {
                try await client.defragment(endpoint, deadline: .seconds(30))
            }
        case .disarm(let alarm):
            let kind: EtcdRaisedAlarm.Kind =
                switch alarm.kind {
                case .noSpace: .noSpace
                case .corrupt: .corrupt
                }
            try await client.disarm(EtcdRaisedAlarm(memberID: alarm.member, kind: kind))
        case .putIfAbsent(let key, let value):
            let name = EtcdBytes(key)
            let answer = try await client.transact(
                EtcdTransaction(if: [.isAbsent(name)], then: [.put(name, EtcdBytes(value))]))
            if !answer.succeeded { return .done("it exists already") }
        case .replaceKey(let key, let value, let revision):
            let name = EtcdBytes(key)
            let answer = try await client.transact(
                EtcdTransaction(
                    if: [EtcdComparison(.one(name), .equal, .modRevision(revision))],
                    then: [.put(name, EtcdBytes(value))]))
            if !answer.succeeded { return .refused(Refusal(.conflict, "\(key) was written meanwhile")) }
        case .refound(let prefix, let identifier, let key, let value, let revision):
            return try await refound(prefix, identifier, EtcdKeyWrite(key, value, revision), client)
        case .deleteKey(let key, let revision):
            let name = EtcdBytes(key)
            let answer = try await client.transact(
                EtcdTransaction(
                    if: [EtcdComparison(.one(name), .equal, .modRevision(revision))], then: [.delete(.one(name))]))
            if !answer.succeeded { return .refused(Refusal(.conflict, "\(key) was written meanwhile")) }
        }
        return .done("")
    }

    /// Changes who may do what. Each step leads to the same end however often it is begun.
    private func authorise(_ effect: EtcdEffect, _ client: EtcdClient) async throws {
        switch effect {
        case .setRole(let role):
            try await unlessItExists { () async throws(EtcdError) in try await client.addRole(role.name) }
            guard role.name != EtcdUsers.root else { return }
            let seen = try await client.grants(of: role.name)
            for grant in seen where !role.grants.contains(grant.view) {
                try await client.revoke(grant, from: role.name)
            }
            for grant in role.grants where !seen.contains(where: { $0.view == grant }) {
                try await client.grant(grant.permission.etcd, on: grant.keys, to: role.name)
            }
        case .setUser(let name, let secret, let role):
            let password = try await world.secrets.value(secret)
            try await unlessItExists { () async throws(EtcdError) in try await client.addUser(name, password: password)
            }
            try await client.changePassword(of: name, to: password)
            for other in try await client.roles(of: name) where other != role {
                try await client.revokeRole(other, from: name)
            }
            try await client.grantRole(role, to: name)
        case .removeUser(let name): try await client.deleteUser(name)
        case .enableAuthentication(let secret):
            // it replaces the password that was there: with another one the controller could ask nothing
            try await client.changePassword(of: EtcdUsers.root, to: try await world.secrets.value(secret))
            try await client.enableAuthentication()
        case .releaseLeader, .addLearner, .promote, .removeMember, .movePeer, .compact, .defragment, .disarm,
            .putIfAbsent, .replaceKey, .refound, .deleteKey:
            return
        }
    }

    private func unlessItExists(_ body: () async throws(EtcdError) -> Void) async throws {
        do throws(EtcdError) { try await body() } catch {
            guard error.code == .alreadyExists else { throw error }
        }
    }

    /// Patroni's keys about the data (patroni/dcs/__init__.py: leader, sync, history, status, failsafe, failover) go;
    /// its configuration stays.
    private func refound(
        _ prefix: String, _ identifier: String, _ record: EtcdKeyWrite, _ client: EtcdClient
    ) async throws -> Outcome {
        let stale = ["leader", "sync", "history", "status", "optime/leader", "failsafe", "failover"]
        let answer = try await client.transact(
            EtcdTransaction(
                if: [EtcdComparison(.one(record.key), .equal, .modRevision(record.modRevision))],
                then: stale.map { .delete(.one(EtcdBytes(prefix + $0))) } + [
                    .put(EtcdBytes(prefix + "initialize"), EtcdBytes(identifier)), .put(record.key, record.value),
                ]))
        guard answer.succeeded else {
            return .refused(Refusal(.conflict, "the restore's record was written meanwhile"))
        }
        return .done("at revision \(answer.header.revision)")
    }

    /// If the leader key is exactly the one that was judged, delete it and the dead member's own key; only then revoke
    /// the lease that both hang on (Patroni 4.1, dcs/etcd3.py: one lease for each process).
    private func release(
        _ key: LeaderKey, prefix: String, candidate: NodeName?, _ client: EtcdClient
    ) async throws -> Outcome {
        let leader = EtcdBytes(prefix + "leader")
        let member = EtcdBytes(prefix + "members/" + key.node.text)
        let failover = EtcdBytes(prefix + "failover")
        // whom a switchover names leads without being compared, and the leader that was to wait for it is dead
        // (Patroni 4.1, ha.py: manual_failover_process_no_leader)
        var request = EtcdOperation.delete(.one(failover))
        if let candidate {
            let value = JSONValue.object([("leader", .string(key.node.text)), ("member", .string(candidate.text))])
            request = .put(failover, EtcdBytes(value.text))
        }
        // before the leader's, at which Patroni's watch wakes it (dcs/etcd3.py: KVCache)
        let operations = [request, .delete(.one(leader)), .delete(.one(member))]
        let answer = try await client.transact(
            EtcdTransaction(
                if: [
                    .hasValue(leader, EtcdBytes(key.node.text)), .hasLease(leader, key.lease),
                    .wasMade(leader, at: key.createRevision),
                ], then: operations))
        guard answer.succeeded else {
            return .refused(Refusal(.conflict, "the leader key has changed; nothing was released"))
        }
        do throws(EtcdError) { try await client.revokeLease(key.lease) } catch {
            // the keys are gone, which is what counts; the lease ends by itself
            return .done("released at revision \(answer.header.revision); the lease was not revoked: \(error)")
        }
        return .done("released at revision \(answer.header.revision)")
    }
}

/// What became of a key that was to be written first.
public enum Claim: Sendable {
    /// It was written.
    case written
    /// It exists, with this value; nil where that cannot be read.
    case exists(JSONValue?)
}

extension EtcdRoleGrant {
    /// As planners know it.
    var view: EtcdGrant {
        let known: EtcdGrant.Permission =
            switch permission {
            case .read: .read
            case .write: .write
            case .readWrite: .readWrite
            }
        return EtcdGrant(known, from: key.text, to: end?.text ?? "")
    }
}

extension EtcdGrant {
    fileprivate var keys: EtcdKeys {
        end.isEmpty ? .one(EtcdBytes(key)) : .between(EtcdBytes(key), EtcdBytes(end))
    }
}

extension EtcdGrant.Permission {
    fileprivate var etcd: EtcdPermission {
        switch self {
        case .read: .read
        case .write: .write
        case .readWrite: .readWrite
        }
    }
}

/// A write that holds only at a revision.
private struct EtcdKeyWrite {
    let key: EtcdBytes
    let value: EtcdBytes
    let modRevision: Int64
    init(_ key: String, _ value: String, _ modRevision: Int64) {
        self.key = EtcdBytes(key)
        self.value = EtcdBytes(value)
        self.modRevision = modRevision
    }
}

extension LiveWorld {
    /// Writes a key unless it exists.
    public func claim(_ key: String, _ value: String, for cluster: Cluster) async throws -> Claim {
        let name = EtcdBytes(key)
        let answer = try await currentStore(cluster).transact(
            EtcdTransaction(
                if: [.isAbsent(name)], then: [.put(name, EtcdBytes(value))],
                otherwise: [.range(EtcdRange(.one(name)))]), deadline: .seconds(5))
        guard !answer.succeeded else { return .written }
        guard case .range(let seen)? = answer.results.first else { return .exists(nil) }
        return .exists(seen.keyValues.first.flatMap { JSONValue.parse($0.value.text) })
    }

    /// The client of the last look, or a new one before the first look.
    func currentStore(_ cluster: Cluster) async throws -> EtcdClient {
        if let known = await connections.knownStore { return known }
        var members: [EtcdAddress] = []
        for name in cluster.etcdNames {
            if let member = try? await etcdAddress(of: name, cluster) { members.append(member) }
        }
        guard !members.isEmpty else { throw RefusalError(.unavailable, "no etcd member runs") }
        let endpoints = await endpoints(of: members).map(\.endpoint)
        return await store(endpoints)
    }

    /// Where an etcd member is, by Docker's word.
    fileprivate func etcdAddress(of name: ContainerName, _ cluster: Cluster) async throws -> EtcdAddress {
        let (host, container) = try await place(of: name, cluster)
        let takesTLS = container.configuration.labels[Label.etcdTLS] != nil
        return EtcdAddress(container: name, host: host, takesTLS: takesTLS)
    }
}
