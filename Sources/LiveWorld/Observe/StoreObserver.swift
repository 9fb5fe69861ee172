import EtcdClient
import FoundationEssentials
import HTTPTransport
import Model

/// Asks each etcd member for itself, and a quorum for the membership and Patroni's keys.
struct StoreObserver {
    let world: LiveWorld
    let cluster: Cluster
    let addresses: Addresses
    /// Whether there is time to ask who may do what.
    let asksAccess: Bool

    static let deadline: Duration = .milliseconds(900)

    func observe() async -> (Sighting<EtcdView>, Sighting<DCSView>) {
        guard !addresses.etcd.isEmpty else {
            let unknownReason = UnknownReason(.unreachable, "no etcd member runs")
            return (.unknown(unknownReason), .unknown(unknownReason))
        }
        let members = await world.endpoints(of: addresses.etcd)
        let client = await world.store(members.map(\.endpoint))
        async let endpoints = statuses(client, of: members)
        async let membership = membership(client)
        async let alarms = alarms(client)
        async let keys = keys(client)
        async let access = access(client)
        let answers = await endpoints
        let dcs = await keys
        guard answers.contains(where: { $0.status.value != nil }) else {
            // a refusal is no silence: a person has to set the password again
            let refusal = answers.lazy.compactMap(\.status.unknownReason).first { $0.cause == .forbidden }
            return (.unknown(refusal ?? UnknownReason(.unreachable, "no etcd member answers")), dcs)
        }
        let (id, list) = await membership
        var view = EtcdView(clusterID: id, members: list, endpoints: answers, alarms: await alarms)
        let seen = await access
        if !list.isEmpty { view.access = seen }
        return (.present(view), dcs)
    }

    /// Who may do what; kept for a while, because each user is a question.
    private func access(_ client: EtcdClient) async -> Sighting<EtcdAccess> {
        if let known = await world.latest.knownAccess { return .present(known) }
        guard asksAccess else { return .unknown(.notLooked) }
        let seen = await AccessObserver(world: world, cluster: cluster, client: client).observe()
        if case .present(let access) = seen { await world.latest.keep(access) }
        return seen
    }

    private func statuses(
        _ client: EtcdClient, of members: [(container: ContainerName, endpoint: HTTPEndpoint)]
    ) async -> [EtcdEndpointView] {
        await withTaskGroup(of: EtcdEndpointView.self) { group in
            for (container, endpoint) in members {
                group.addTask {
                    do throws(EtcdError) {
                        let answer = try await client.status(of: endpoint, deadline: StoreObserver.deadline)
                        let status = EtcdStatus(
                            memberID: answer.header.memberID, leaderID: answer.leaderID, raftTerm: answer.raftTerm,
                            revision: answer.header.revision, databaseBytes: answer.databaseBytes,
                            isLearner: answer.isLearner)
                        return EtcdEndpointView(container: container, status: .present(status))
                    } catch {
                        return EtcdEndpointView(container: container, status: .unknown(error.unknownReason))
                    }
                }
            }
            var views: [EtcdEndpointView] = []
            for await view in group { views.append(view) }
            return views.sorted { $0.container < $1.container }
        }
    }

    /// The linearizable membership; empty without a quorum.
    private func membership(_ client: EtcdClient) async -> (UInt64, [EtcdMemberView]) {
        guard let answer = try? await client.members(deadline: StoreObserver.deadline) else { return (0, []) }
        let views = answer.members.map {
            EtcdMemberView(id: $0.id, name: $0.name, peerURLs: $0.peerURLs, isLearner: $0.isLearner)
        }
        return (answer.header.clusterID, views.sorted { ($0.name, $0.id) < ($1.name, $1.id) })
    }

    private func alarms(_ client: EtcdClient) async -> [EtcdAlarm] {
        let raised = (try? await client.alarms(deadline: StoreObserver.deadline)) ?? []
        return raised.compactMap { alarm in
            switch alarm.kind {
            case .noSpace: EtcdAlarm(member: alarm.memberID, kind: .noSpace)
            case .corrupt: EtcdAlarm(member: alarm.memberID, kind: .corrupt)
            }
        }
    }

    /// Patroni's keys and the controller's own, in one linearizable transaction.
    private func keys(_ client: EtcdClient) async -> Sighting<DCSView> {
        let ranges: [EtcdOperation] = [
            .range(EtcdRange(.prefix(EtcdBytes(cluster.dcsPrefix)))),
            .range(EtcdRange(.prefix(EtcdBytes(cluster.ownPrefix)))),
        ]
        do throws(EtcdError) {
            let answer = try await client.transact(
                EtcdTransaction(if: [], then: ranges), deadline: StoreObserver.deadline)
            var view = DCSView(revision: answer.header.revision)
            for result in answer.results {
                guard case .range(let range) = result else { continue }
                for entry in range.keyValues { read(entry, into: &view) }
            }
            view.members.sort { $0.name < $1.name }
            view.retired.sort { $0.volume < $1.volume }
            view.restores.sort { ($0.requestedAt, $0.id) < ($1.requestedAt, $1.id) }
            view.checks.sort { $0.endedAt < $1.endedAt }
            return .present(view)
        } catch {
            return .unknown(error.unknownReason)
        }
    }

    private func read(_ entry: EtcdKeyValue, into view: inout DCSView) {
        let key = entry.key.text
        if key.hasPrefix(cluster.ownPrefix) { return readOwn(entry, into: &view) }
        let name = String(key.dropFirst(cluster.dcsPrefix.count))
        switch name {
        case "initialize":
            view.initialize = entry.value.text
            view.initializeRevision = entry.modRevision
        case "leader":
            view.leader = LeaderKey(
                node: NodeName(entry.value.text), lease: entry.lease, createRevision: entry.createRevision,
                modRevision: entry.modRevision)
        case "config": view.configuration = JSONValue.parse(entry.value.text).map(PatroniConfiguration.init)
        case "failover":
            let value = JSONValue.parse(entry.value.text)
            let (leader, candidate) = (value?["leader"]?.string, value?["member"]?.string)
            guard value?["scheduled_at"]?.string == nil, leader != nil || candidate != nil else { break }
            view.handover = Handover(to: candidate.map { NodeName($0) })
        case "status": view.leaderPosition = StoreObserver.leaderPosition(entry.value.text)
        case "sync": view.synchronous = StoreObserver.synchronous(entry.value.text)
        case _ where name.hasPrefix("members/"):
            view.members.append(StoreObserver.member(String(name.dropFirst("members/".count)), entry))
        case _: break
        }
    }

    /// The controller's own records; what it does not know, a newer one may have written.
    private func readOwn(_ entry: EtcdKeyValue, into view: inout DCSView) {
        if entry.key.text == SwitchoverRecord.key(of: cluster.name) {
            let value = JSONValue.parse(entry.value.text)
            view.switchover = SwitchoverRecord(value: value, modRevision: entry.modRevision)
        }
        func name(below prefix: String) -> String? {
            entry.key.text.hasPrefix(prefix) ? String(entry.key.text.dropFirst(prefix.count)) : nil
        }
        if let id = name(below: PauseRecord.prefix(of: cluster.name)) {
            let value = JSONValue.parse(entry.value.text)
            return view.pauses.append(PauseRecord(id: id, value: value, modRevision: entry.modRevision))
        }
        guard let value = JSONValue.parse(entry.value.text) else { return }
        if entry.key.text == BootstrapRecord.key(of: cluster.name) {
            view.bootstrapRecord = BootstrapRecord(value)
        } else if entry.key.text == RepositoryRecord.key(of: cluster.name) {
            view.repository = RepositoryRecord(value, modRevision: entry.modRevision)
        } else if let volume = name(below: RetiredVolume.prefix(of: cluster.name)) {
            view.retired.append(
                RetiredVolume(
                    volume: VolumeName(volume), since: value["since"]?.string ?? "?", why: value["why"]?.string ?? "?",
                    modRevision: entry.modRevision))
        } else if let id = name(below: RestoreRecord.prefix(of: cluster.name)) {
            let record = RestoreRecord(id: id, value: value, modRevision: entry.modRevision)
            if let record { view.restores.append(record) }
        } else if let kind = name(below: TaskRequest.prefix(of: cluster.name)) {
            let request = TaskRequest(key: kind, value: value, modRevision: entry.modRevision)
            if let request { view.requests.append(request) }
        } else if let node = name(below: NodeRequest.prefix(of: cluster.name)) {
            let request = NodeRequest(id: node, value: value, modRevision: entry.modRevision)
            if let request { view.nodeRequests.append(request) }
        } else if let id = name(below: CheckRecord.prefix(of: cluster.name)) {
            let record = CheckRecord(id: id, value: value, modRevision: entry.modRevision)
            if let record { view.checks.append(record) }
        }
    }

    /// Patroni's sync key: `{"leader": …, "sync_standby": "a,b", "quorum": n}`.
    static func synchronous(_ text: String) -> SynchronousKey? {
        guard let value = JSONValue.parse(text) else { return nil }
        let names = (value["sync_standby"]?.string ?? "").split(separator: ",").map { part in
            NodeName(String(part.filter { $0 != " " }))
        }
        return SynchronousKey(leader: value["leader"]?.string.map { NodeName($0) }, standbys: names.sorted())
    }

    /// Patroni's status key: `{"optime": 83886080, "slots": {…}, …}`; before Patroni 2.1 the bare number.
    static func leaderPosition(_ text: String) -> Int64? {
        guard let value = JSONValue.parse(text) else { return nil }
        return value["optime"]?.integer ?? value.integer
    }

    static func member(_ name: String, _ entry: EtcdKeyValue) -> DCSMember {
        let value = JSONValue.parse(entry.value.text) ?? .null
        var member = DCSMember(
            name: NodeName(name), state: value["state"]?.string ?? "?", role: value["role"]?.string ?? "?",
            lease: entry.lease)
        member.timeline = value["timeline"]?.integer
        member.walPosition = value["xlog_location"]?.integer
        member.takesTLS = value["api_url"]?.string?.hasPrefix("http:") != true
        if case .members(let tags)? = value["tags"] {
            member.tags = tags.map { LabelValue($0.name, $0.value.string ?? $0.value.text) }
        }
        return member
    }
}

extension JSONValue {
    static func parse(_ text: String) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }
}

extension EtcdError {
    /// Why nothing was seen.
    var unknownReason: UnknownReason {
        let cause: UnknownReason.Cause =
            switch code {
            case .timedOut: .timedOut
            case .unauthenticated, .permissionDenied: .forbidden
            case .malformed: .malformed
            default: .unreachable
            }
        return UnknownReason(cause, description)
    }
}

extension LiveWorld {
    /// The client for the members that run now.
    func store(_ endpoints: [HTTPEndpoint]) async -> EtcdClient {
        await connections.store(
            EtcdConfiguration(
                endpoints: endpoints, credentials: await credentials(for: endpoints), deadline: .seconds(2),
                attemptLimit: .milliseconds(700), deadEndpointPause: .seconds(2)))
    }

    /// The controller's user, for members that are all asked with TLS: its password goes through nothing else.
    func credentials(for endpoints: [HTTPEndpoint]) async -> EtcdCredentials? {
        let areAllTLS = endpoints.allSatisfy { if case .tcp(_, _, .some) = $0 { true } else { false } }
        guard areAllTLS, let password = try? await secrets.value(.etcdRoot) else { return nil }
        return EtcdCredentials(user: EtcdUsers.root, password: password)
    }

    /// How members are asked: by their addresses, and under their names.
    func endpoints(of members: [EtcdAddress]) async -> [(container: ContainerName, endpoint: HTTPEndpoint)] {
        let authorities = (try? await secrets.value(.authorities)) ?? ""
        let identity = try? await secrets.value(Principal.etcdController.secret)
        return members.map { member in
            let tls = TLSConfiguration(
                authorities: authorities, identity: identity, serverName: member.container.text)
            return (member.container, .tcp(host: member.host, port: 2379, tls: member.takesTLS ? tls : nil))
        }
    }
}
