import DockerAPI
import EtcdClient
import HTTPTransport
public import Model
import PatroniAPI
import PostgresClient

extension LiveWorld {
    /// Performs effects side by side; each has its own deadline, so that a slow one delays nothing but itself. Statements
    /// for one node run in their order: one may need what another makes. What takes longer than a moment goes on in the
    /// background and is answered "under way".
    public func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
        await withTaskGroup(of: [(Int, Outcome)].self) { group in
            for chain in LiveWorld.chains(effects) {
                group.addTask {
                    var outcomes: [(Int, Outcome)] = []
                    var isUnderWay = false
                    for index in chain {
                        let outcome =
                            isUnderWay ? LiveWorld.waits : await performInTime(effects[index], for: cluster)
                        if outcome == LiveWorld.underWay { isUnderWay = true }
                        outcomes.append((index, outcome))
                    }
                    return outcomes
                }
            }
            var outcomes = [Outcome](repeating: .uncertain("not performed"), count: effects.count)
            for await done in group { for (index, outcome) in done { outcomes[index] = outcome } }
            return outcomes
        }
    }

    /// The positions of effects that run one after the other.
    static func chains(_ effects: [Effect]) -> [[Int]] {
        var chains: [[Int]] = []
        var statements: [NodeName: Int] = [:]
        for (index, effect) in effects.enumerated() {
            guard case .sql(let node, _) = effect else {
                chains.append([index])
                continue
            }
            if let chain = statements[node] {
                chains[chain].append(index)
            } else {
                statements[node] = chains.count
                chains.append([index])
            }
        }
        return chains
    }

    /// The answer to an effect that goes on in the background.
    private static let underWay = Outcome.done("under way")
    private static let waits = Outcome.refused(
        Refusal(.unavailable, "a statement before it is still being executed on this node"))

    /// The outcome, or "under way" where it takes long. The same effect is not begun again before it has ended.
    private func performInTime(_ effect: Effect, for cluster: Cluster) async -> Outcome {
        guard effect.mayTakeLong else { return await perform(effect, for: cluster) }
        do throws(EffectFailure) {
            let answer = try await slowEffects.begin(effect) { () async throws(EffectFailure) in
                let outcome = await perform(effect, for: cluster)
                guard case .done(let answer) = outcome else { throw EffectFailure(outcome: outcome) }
                return answer
            } ended: { [wakes] in
                await wakes.wake()
            }
            return answer.map { .done($0) } ?? LiveWorld.underWay
        } catch {
            return error.outcome
        }
    }

    private func perform(_ effect: Effect, for cluster: Cluster) async -> Outcome {
        do {
            switch effect {
            case .docker(_, let effect):
                return .done(try await DockerPerformer(world: self, cluster: cluster).perform(effect))
            case .etcd(let effect): return try await EtcdPerformer(world: self, cluster: cluster).perform(effect)
            case .patroni(let node, let effect): return try await ask(node, effect, for: cluster)
            case .sql(let node, let effect): return try await execute(effect, on: node, for: cluster)
            case .pooler(let name, let effect): return try await command(effect, name, cluster)
            case .identity(let effect):
                if effect == .dropAuthority { try await refuseWhileShown(cluster) }
                try await secrets.perform(effect, of: cluster)
                return .done("")
            case .configureLocally(let local):
                try LocalConfigurationFile(beside: secrets).write(local)
                return .done("")
            }
        } catch let error as DockerError {
            return error.outcome
        } catch let error as EtcdError {
            return error.outcome
        } catch let error as PatroniError {
            return error.outcome
        } catch let error as PostgresError {
            return error.outcome
        } catch let refusal as RefusalError {
            return .refused(refusal.refusal)
        } catch {
            return .refused(Refusal(.invalid, "\(error)"))
        }
    }

    private func ask(_ node: NodeName, _ effect: PatroniEffect, for cluster: Cluster) async throws -> Outcome {
        let client = try await patroni(node, cluster)
        switch effect {
        case .wake: try await client.wake()
        case .patchConfiguration(let patch): try await client.patchConfiguration(patch)
        case .reload:
            await engineCache.noteReload(of: node)
            try await client.reload()
        case .restart(let startedAt):
            let answer = try await restarts.begin(node) { () async throws(PatroniError) in
                // not once more for what a restart has brought into force a moment ago
                guard let startedAt else { return try await client.restart(onlyIfPending: true) }
                let start = try await client.status().postmasterStartTime.flatMap { Timestamp($0) }
                return start == startedAt ? try await client.restart() : "it was started anew meanwhile"
            } ended: { [wakes] in
                await wakes.wake()
            }
            return .done(answer ?? "under way")
        case .switchover(let from, let to):
            return try await underWay { () async throws(PatroniError) in
                try await client.switchover(from: from.text, to: to?.text, deadline: .seconds(3))
            }
        }
        return .done("")
    }

    /// Patroni answers these when all is done, which may take long; that it goes on is seen at the next look.
    private func underWay(_ request: () async throws(PatroniError) -> String) async throws -> Outcome {
        do throws(PatroniError) {
            return .done(try await request())
        } catch {
            // no code says it: Patroni answers 503 to whatever it cannot do now (ha.py: restart, api.py)
            let isBusy = error.description.contains("already in progress")
            guard error.code == .timedOut || isBusy else { throw error }
            return .done("under way")
        }
    }

    private func patroni(_ node: NodeName, _ cluster: Cluster) async throws -> PatroniClient {
        let (host, container) = try await place(of: ContainerName(node.text), cluster)
        let features = ImageFeature.named(in: try await imageInUse(container.imageID)?.labels ?? [:])
        let clients = await patroniClients(of: node, at: host, features)
        if let only = clients.first, clients.count == 1 { return only }
        return try await LiveWorld.firstAnswer(of: clients, deadline: .seconds(1)).0
    }

    private func execute(_ effect: SQLEffect, on node: NodeName, for cluster: Cluster) async throws -> Outcome {
        let server = try await server(of: node, cluster)
        switch effect {
        case .script(let database, let sql):
            let session = try await session(server: server, database: database.text, for: .changes)
            try await session.execute(script: sql, deadline: .seconds(60))
        case .migrate(let database, let migration, let role):
            let run = MigrationRun(
                migration: migration, database: database, role: role, host: node.text,
                password: try await secrets.value("postgres-admin"), address: server.host,
                trustedAuthorities: try await secrets.value(.authorities))
            return await start(run)
        case .checkpoint:
            let session = try await session(server: server, database: "postgres")
            do throws(PostgresError) {
                try await session.execute(script: LiveWorld.fillSegment, deadline: .milliseconds(1500))
                try await session.execute(script: "CHECKPOINT", deadline: .milliseconds(1500))
            } catch {
                // the checkpointer goes on by itself; that it has come to its end is seen
                guard error.code == .timedOut else { throw error }
                return .done("under way")
            }
        case .advanceWAL:
            let session = try await session(server: server, database: "postgres")
            try await session.execute(
                script: "SELECT pg_logical_emit_message(false, 'controller', '', true)", deadline: .milliseconds(500))
        case .setPassword(let role, let secret):
            try await setPassword(of: role, to: try await secrets.valueToSet(secret), server: server)
        case .dropDatabase(let name):
            // our own look into it would hold on to it
            await closeSessions(server: server, database: name.text)
            let session = try await session(server: server, database: "postgres", for: .changes)
            try await session.execute(
                script: "DROP DATABASE IF EXISTS \(SQL.identifier(name.text));", deadline: .seconds(20))
        case .dropRole(let name):
            let session = try await session(server: server, database: "postgres", for: .changes)
            try await session.execute(script: "DROP ROLE IF EXISTS \(SQL.identifier(name.text));")
        }
        return .done("")
    }

    /// Whether a node takes a write and says so within a second: a commit that waits for its standby like any other, and
    /// leaves nothing behind but a line in the WAL. The caller must not wait for a standby that the caller itself has to start.
    public func provesWrite(on node: NodeName, for cluster: Cluster) async -> Bool {
        do {
            let server = try await server(of: node, cluster)
            let session = try await session(server: server, database: cluster.accounts.database.text)
            let write = "SELECT pg_logical_emit_message(true, 'controller', 'a write that is proven')"
            try await session.execute(script: write, deadline: .seconds(1))
            return true
        } catch {
            return false
        }
    }

    /// A primary that archives and stops ends its WAL segment first (`ShutdownXLOG`), and sends what is left of it, all
    /// zeros, to every standby before it is down: up to 16 MiB. All but the last is filled before anybody waits for that.
    private static let fillSegment = """
        DO $$
        DECLARE
          size bigint := setting FROM pg_settings WHERE name = 'wal_segment_size';
          rest bigint := size - (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint % size;
        BEGIN
          FOR i IN 2 .. rest >> 20 LOOP
            PERFORM pg_logical_emit_message(false, 'controller', repeat('-', 1000000));
            PERFORM pg_sleep(0.01);
          END LOOP;
        END $$
        """

    /// Stores a verifier, in a session of its own that nothing is written of: the verifier is in the statement's text, and
    /// logs, errors, statistics and other sessions would show that. What turns them off has to be in force before the
    /// statement arrives, so it belongs to the session and is no part of the statement.
    private func setPassword(of role: RoleName, to password: String, server: ServerAddress) async throws {
        let session = try await connect(server: server, database: "postgres", settings: LiveWorld.silence)
        do {
            let verifier = try await session.scramVerifier(password: password, user: role.text)
            try await session.execute(
                script: "ALTER ROLE \(SQL.identifier(role.text)) PASSWORD \(SQL.literal(verifier));")
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }

    /// What keeps a statement's text out of the log, `pg_stat_statements`, pgaudit, and `pg_stat_activity`.
    private static let silence = [
        "log_statement": "none", "log_min_error_statement": "panic", "log_min_duration_statement": "-1",
        "log_min_duration_sample": "-1", "log_transaction_sample_rate": "0", "log_duration": "off",
        "debug_print_parse": "off", "debug_print_rewritten": "off", "debug_print_plan": "off",
        "track_activities": "off", "pg_stat_statements.track": "none", "pg_stat_statements.track_utility": "off",
        "pgaudit.log": "none", "auto_explain.log_min_duration": "-1",
    ]

    /// Where a node's PostgreSQL is reached now.
    func server(of node: NodeName, _ cluster: Cluster) async throws -> ServerAddress {
        ServerAddress(node: node, host: try await address(of: ContainerName(node.text), cluster))
    }

    /// Where a container is reached now.
    func address(of name: ContainerName, _ cluster: Cluster) async throws -> String {
        try await place(of: name, cluster).address
    }

    /// A container's address on the cluster's network, and the container.
    func place(
        of name: ContainerName, _ cluster: Cluster
    ) async throws -> (address: String, container: DockerContainer) {
        let container = try await container(name.text)
        guard container.configuration.labels[Label.cluster] == cluster.name.text else {
            throw RefusalError(.conflict, "container \(name) is not ours")
        }
        let endpoint = container.networks[cluster.network.name.text]
        guard let address = endpoint?.ipAddress, !address.isEmpty else {
            throw RefusalError(.unavailable, "container \(name) has no address on \(cluster.network.name)")
        }
        return (address, container)
    }
}

/// A refusal of our own making.
struct RefusalError: Error {
    let refusal: Refusal
    init(_ kind: Refusal.Kind, _ message: String) { refusal = Refusal(kind, message) }
}

extension DockerError {
    var outcome: Outcome {
        switch code {
        case .timedOut, .cancelled, .malformed: .uncertain(description)
        case .unavailable(let transport):
            transport.isNeverSent ? .refused(Refusal(.unavailable, description)) : .uncertain(description)
        case .notFound, .noSuchImage: .refused(Refusal(.gone, description))
        case .nameInUse, .conflict, .alreadyInProgress, .notModified, .notRunning, .wrongPauseState, .inUse,
            .hasEndpoints, .wrongAttachment, .addressRangeTaken, .addressTaken, .portAllocated, .volumeAtRisk:
            .refused(Refusal(.conflict, description))
        case .forbidden, .badParameter, .cannotStart, .imageFailed, .permissionDenied, .unsupportedAPIVersion:
            .refused(Refusal(.invalid, description))
        case .serverError: .refused(Refusal(.unavailable, description))
        }
    }
}

extension EtcdError {
    var outcome: Outcome {
        if isOutcomeUnknown { return .uncertain(description) }
        let kind: Refusal.Kind =
            switch code {
            case .memberNotFound, .leaseNotFound, .notFound: .gone
            case .memberExists, .tooManyLearners, .alreadyExists, .compacted: .conflict
            case .permissionDenied, .malformed, .futureRevision, .authenticationNotEnabled, .refused: .invalid
            case .unavailable, .timedOut, .cancelled, .connectionLost, .tls, .noLeader, .leaderLost, .noSpace,
                .overloaded, .unauthenticated, .unhealthyCluster, .learnerNotReady:
                .unavailable
            }
        return .refused(Refusal(kind, description))
    }
}

extension PatroniError {
    var outcome: Outcome {
        switch code {
        case .timedOut, .connectionLost: .uncertain(description)
        default: .refused(Refusal(.unavailable, description))
        }
    }
}

extension PostgresError {
    var outcome: Outcome {
        switch code {
        case .timedOut, .connectionLost, .cancelled: .uncertain(description)
        case .server: .refused(Refusal(.invalid, description))
        case .nameNotResolved, .refused, .couldNotConnect, .authentication, .closed, .malformed:
            .refused(Refusal(.unavailable, description))
        }
    }

    var cause: UnknownReason.Cause {
        switch code {
        case .timedOut: .timedOut
        case .authentication: .forbidden
        case .malformed: .malformed
        case .nameNotResolved, .refused, .couldNotConnect, .cancelled, .connectionLost, .closed, .server: .unreachable
        }
    }
}

/// An effect that was not done.
struct EffectFailure: Error {
    let outcome: Outcome
}

extension Effect {
    /// Whether the answer may take longer than a pass can wait. What decides who leads has short deadlines instead, or a way of
    /// its own to be begun and observed.
    var mayTakeLong: Bool {
        switch self {
        case .docker(_, let effect):
            switch effect {
            case .createNetwork, .removeNetwork, .createVolume, .removeVolume, .createContainer, .upload, .remove,
                .update:
                true
            case .connect, .disconnect, .start, .stop, .kill, .shutdownPrimary, .unpause, .rename, .pull, .run: false
            }
        case .etcd(.defragment): true
        case .sql(_, let effect):
            switch effect {
            case .script, .setPassword, .dropDatabase, .dropRole: true
            case .migrate, .checkpoint, .advanceWAL: false
            }
        case .etcd, .patroni, .pooler, .identity, .configureLocally: false
        }
    }
}
