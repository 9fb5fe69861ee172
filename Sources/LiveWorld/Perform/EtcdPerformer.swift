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
        case .compact(let revision):
            do throws(EtcdError) {
                try await client.compact(to: revision)
            } catch {
                guard case .compacted = error.code else { throw error }
            }
        case .defragment(let name):
            let host = try await world.address(of: name, cluster)
            try await client.defragment(.tcp(host: host, port: 2379), deadline: .seconds(30))
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
                otherwise: [.range(EtcdRange(.one(name)))]))
        guard !answer.succeeded else { return .written }
        guard case .range(let seen)? = answer.results.first else { return .exists(nil) }
        return .exists(seen.keyValues.first.flatMap { JSONValue.parse($0.value.text) })
    }

    /// The client of the last look, or a new one before the first look.
    func currentStore(_ cluster: Cluster) async throws -> EtcdClient {
        if let known = await connections.knownStore { return known }
        var hosts: [String] = []
        for name in cluster.etcdNames { if let host = try? await address(of: name, cluster) { hosts.append(host) } }
        guard !hosts.isEmpty else { throw RefusalError(.unavailable, "no etcd member runs") }
        return EtcdClient(EtcdConfiguration(endpoints: hosts.map { .tcp(host: $0, port: 2379) }))
    }
}
