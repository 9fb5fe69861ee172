import EtcdClient
import Model

/// Asks etcd who may do what: all questions side by side, within one deadline, because a pass waits for the answer.
struct AccessObserver {
    let world: LiveWorld
    let cluster: Cluster
    let client: EtcdClient
    private let end = ContinuousClock.now + StoreObserver.deadline

    /// So many users are asked about at most: other programs may have made any number.
    private static let limit = 256

    init(world: LiveWorld, cluster: Cluster, client: EtcdClient) {
        self.world = world
        self.cluster = cluster
        self.client = client
    }

    func observe() async -> Sighting<EtcdAccess> {
        async let isEnabled = answer { () throws(EtcdError) in
            try await client.isAuthenticationEnabled(deadline: left)
        }
        async let users = answer { () throws(EtcdError) in
            try await each(asked(try await client.users(deadline: left)), user)
        }
        async let roles = answer { () throws(EtcdError) in
            try await each(try await client.roles(deadline: left), role)
        }
        let answers = (await isEnabled, await users, await roles)
        do throws(EtcdError) {
            return .present(
                EtcdAccess(
                    isEnabled: try answers.0.get(), users: try answers.1.get().sorted { $0.name < $1.name },
                    roles: try answers.2.get().sorted { $0.name < $1.name }))
        } catch {
            return .unknown(error.unknownReason)
        }
    }

    private var left: Duration { max(.zero, end - .now) }

    /// The users that have names like ours, those that are wanted first; other users are somebody else's.
    private func asked(_ names: [String]) -> [String] {
        let wanted = Set(EtcdUsers.wanted(cluster).map(\.user))
        let ours = names.filter { EtcdUsers.secret(of: $0) != nil }
        return Array((ours.filter(wanted.contains) + ours.filter { !wanted.contains($0) }).prefix(AccessObserver.limit))
    }

    private func user(_ name: String) async throws(EtcdError) -> EtcdUser {
        var user = EtcdUser(name: name, roles: try await client.roles(of: name, deadline: left).sorted())
        if let secret = EtcdUsers.secret(of: name), let password = try? await world.secrets.value(secret) {
            let credentials = EtcdCredentials(user: name, password: password)
            user.passwordMatches = try await client.accepts(credentials, deadline: left)
        }
        return user
    }

    private func role(_ name: String) async throws(EtcdError) -> EtcdRole {
        EtcdRole(name: name, grants: Set(try await client.grants(of: name, deadline: left).map(\.view)))
    }

    private func answer<Value>(
        _ ask: () async throws(EtcdError) -> Value
    ) async -> Result<Value, EtcdError> {
        do throws(EtcdError) {
            return .success(try await ask())
        } catch {
            return .failure(error)
        }
    }

    /// One question for each name, side by side.
    private func each<Value: Sendable>(
        _ names: [String], _ ask: @escaping @Sendable (String) async throws(EtcdError) -> Value
    ) async throws(EtcdError) -> [Value] {
        let answers = await withTaskGroup(of: Result<Value, EtcdError>.self) { group in
            for name in names {
                group.addTask { await answer { () throws(EtcdError) in try await ask(name) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var values: [Value] = []
        for answer in answers { values.append(try answer.get()) }
        return values
    }
}
