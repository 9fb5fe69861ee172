import EtcdClient
import Model
import PatroniAPI
import PostgresClient

/// What is kept between two looks: open clients and sessions, and files that cannot have changed unnoticed.
/// Losing all of it costs one slower look.
actor ObservationCache {
    private var files: [(id: ContainerID, seen: Sighting<[FileView]>)] = []
    private var deaths: [(id: ContainerID, finishedAt: String, seenAt: ContinuousClock.Instant)] = []
    private var store: (hosts: [String], client: EtcdClient)?
    private var patroni: [(host: String, client: PatroniClient)] = []
    private var sessions: [(key: String, connection: PostgresConnection)] = []
    private var repository: Sighting<RepositoryView>?
    private var verified: [(verifier: String, version: String, matches: Bool)] = []
    private var pulls: [(reference: ImageReference, progress: String)] = []

    func files(of id: ContainerID) -> Sighting<[FileView]>? { files.first { $0.id == id }?.seen }

    func keep(_ seen: Sighting<[FileView]>, of id: ContainerID) {
        forgetFiles(of: id)
        files.append((id, seen))
    }

    /// Whether a death was first seen long enough ago that a command which caused it is done with the container.
    func isSettled(_ id: ContainerID, since finishedAt: String) -> Bool {
        let now = ContinuousClock.now
        if let known = deaths.first(where: { $0.id == id && $0.finishedAt == finishedAt }) {
            return now - known.seenAt > .milliseconds(400)
        }
        deaths.removeAll { $0.id == id }
        deaths.append((id, finishedAt, now))
        return false
    }

    private var shortages: [(id: ContainerID, at: String, seenAt: ContinuousClock.Instant)] = []

    /// The kernel killed a process of a container (`oom`): Docker's own flag does not tell while the container lives.
    func noteOutOfMemory(_ id: ContainerID, at time: String) {
        shortages.removeAll { $0.id == id }
        shortages.append((id, time, .now))
    }

    /// When a container last ran out of memory, within the last ten minutes.
    func shortage(of id: ContainerID) -> String? {
        shortages.removeAll { ContinuousClock.now - $0.seenAt > .seconds(600) }
        return shortages.first { $0.id == id }?.at
    }

    private var lastLines: [(id: ContainerID, occasion: String, lines: [String], readAt: ContinuousClock.Instant)] = []

    /// The last lines of a container as they were read on this occasion, or lately.
    func lastLines(of id: ContainerID, occasion: String) -> [String]? {
        lastLines.first {
            $0.id == id && $0.occasion == occasion && ContinuousClock.now - $0.readAt < .seconds(30)
        }?.lines
    }

    func keep(lastLines lines: [String], of id: ContainerID, occasion: String) {
        lastLines.removeAll { $0.id == id || ContinuousClock.now - $0.readAt > .seconds(60) }
        lastLines.append((id, occasion, lines, .now))
    }

    private var walEnds: [(id: ContainerID, occasion: String, data: PostgresData, readAt: ContinuousClock.Instant)] = []

    /// What a stopped node's WAL was measured to hold since it stopped, and not long ago.
    func walEnd(of id: ContainerID, occasion: String) -> PostgresData? {
        walEnds.first {
            $0.id == id && $0.occasion == occasion && ContinuousClock.now - $0.readAt < .seconds(30)
        }?.data
    }

    func keep(walEnd data: PostgresData, of id: ContainerID, occasion: String) {
        walEnds.removeAll { $0.id == id || ContinuousClock.now - $0.readAt > .seconds(60) }
        walEnds.append((id, occasion, data, .now))
    }

    private var results: [(id: ContainerID, finishedAt: String, seen: Sighting<JSONValue>)] = []

    /// What a task said at its end, which does not change any more.
    func result(of id: ContainerID, finishedAt: String) -> Sighting<JSONValue>? {
        results.first { $0.id == id && $0.finishedAt == finishedAt }?.seen
    }

    func keep(result seen: Sighting<JSONValue>, of id: ContainerID, finishedAt: String) {
        results.removeAll { $0.id == id }
        results = Array(results.suffix(15)) + [(id, finishedAt, seen)]
    }

    private var mute: [(id: ContainerID, since: ContinuousClock.Instant)] = []
    private var standDowns: [(id: ContainerID, since: ContinuousClock.Instant)] = []

    /// Whether Docker did not answer for a container a moment ago: it is not asked again for a while.
    func isMute(_ id: ContainerID) -> Bool {
        mute.removeAll { ContinuousClock.now - $0.since > .seconds(5) }
        return mute.contains { $0.id == id }
    }

    func noteMute(_ id: ContainerID) { mute.append((id, .now)) }

    /// Whether a node was told to shut down a moment ago: until its container has ended neither its Patroni answers nor
    /// Docker for it.
    func isShuttingDown(_ id: ContainerID) -> Bool {
        standDowns.removeAll { ContinuousClock.now - $0.since > .seconds(5) }
        return standDowns.contains { $0.id == id }
    }

    func noteStandDown(of id: ContainerID) { standDowns.append((id, .now)) }

    func noteStart(of id: ContainerID) { standDowns.removeAll { $0.id == id } }

    func forgetFiles(of id: ContainerID) { files.removeAll { $0.id == id } }

    func forgetAllFiles() {
        files = []
        results = []
        repository = nil
        forgetData()
    }

    private var data: [(id: ContainerID, occasion: String, seen: DataView, readAt: ContinuousClock.Instant)] = []
    /// Changes when what was seen in volumes is forgotten: what was being read at that moment is not kept.
    private(set) var dataTicket = 0

    /// What was seen in the volume of a container that has not run since, and how long ago at most.
    func data(of id: ContainerID, occasion: String, within age: Duration) -> DataView? {
        data.first { $0.id == id && $0.occasion == occasion && ContinuousClock.now - $0.readAt < age }?.seen
    }

    func keep(data seen: DataView, of id: ContainerID, occasion: String, ticket: Int) {
        guard ticket == dataTicket else { return }
        data.removeAll { $0.id == id || ContinuousClock.now - $0.readAt > .seconds(60) }
        data.append((id, occasion, seen, .now))
    }

    /// A container has ended that may have written into any volume.
    func forgetData() {
        data = []
        dataTicket += 1
    }

    func store(at hosts: [String], make: ([String]) -> EtcdClient) -> EtcdClient {
        if let store, store.hosts == hosts { return store.client }
        let client = make(hosts)
        store = (hosts, client)
        return client
    }

    var knownStore: EtcdClient? { store?.client }

    func patroni(at host: String, make: (String) -> PatroniClient) -> PatroniClient {
        if let known = patroni.first(where: { $0.host == host }) { return known.client }
        let client = make(host)
        patroni.append((host, client))
        return client
    }

    func session(_ key: String) -> PostgresConnection? { sessions.first { $0.key == key }?.connection }

    func keep(_ connection: PostgresConnection, as key: String) {
        sessions.removeAll { $0.key == key }
        sessions.append((key, connection))
    }

    /// Forgets this session, and none that has taken its place.
    func drop(_ connection: PostgresConnection) { sessions.removeAll { $0.connection === connection } }

    var knownRepository: Sighting<RepositoryView>? {
        if let repositoryUntil, repositoryUntil < .now { return nil }
        return repository
    }
    private var repositoryUntil: ContinuousClock.Instant?
    /// What was last seen of the primary's database as a whole.
    private(set) var latestDatabase: DatabaseView?
    func keep(_ database: DatabaseView) { latestDatabase = database }

    /// What was seen of it last, however long ago.
    private(set) var latestRepository: Sighting<RepositoryView>?
    /// - Parameter duration: how long it is good; nil means until something can have changed it.
    func keep(_ repository: Sighting<RepositoryView>, for duration: Duration?) {
        self.repository = repository
        repositoryUntil = duration.map { .now + $0 }
        if case .present(let view) = repository, !view.backups.isEmpty { latestRepository = repository }
    }

    /// Whether a stored verifier belongs to a password; the costly computation is done once for each pair.
    func matches(_ verifier: String, version: String, password: String) -> Bool {
        if let known = verified.first(where: { $0.verifier == verifier && $0.version == version }) {
            return known.matches
        }
        let matches = ScramVerifier(verifier)?.matches(password) ?? false
        verified = Array(verified.suffix(255)) + [(verifier, version, matches)]
        return matches
    }

    func notePull(_ reference: ImageReference, _ progress: String?) {
        pulls.removeAll { $0.reference == reference }
        if let progress { pulls.append((reference, progress)) }
    }

    func pull(_ reference: ImageReference) -> String? { pulls.first { $0.reference == reference }?.progress }

    // MARK: - Migrations

    private var migrations: [(place: String, migration: Migration, since: Timestamp)] = []
    private var failures: [(migration: Migration, outcome: Outcome, words: String, times: Int, at: Duration)] = []

    /// Notes that a migration begins in a database; false where this controller applies one there already.
    func begin(_ migration: Migration, at place: String, since: Timestamp) -> Bool {
        guard !isMigrating(at: place) else { return false }
        migrations.append((place, migration, since))
        return true
    }

    func isMigrating(at place: String) -> Bool { migrations.contains { $0.place == place } }

    /// The one that this controller applies there now.
    func migration(at place: String) -> MigrationTry? {
        migrations.first { $0.place == place }.map { .running(name: $0.migration.name, since: $0.since) }
    }

    /// Notes how it ended: nil for well.
    func finish(_ migration: Migration, at place: String, failure: PostgresError?, uptime: Duration) {
        migrations.removeAll { $0.place == place }
        let before = failures.first { $0.migration == migration }?.times ?? 0
        failures.removeAll { $0.migration.name == migration.name }
        guard let failure else { return }
        failures.append((migration, failure.outcome, failure.description, before + 1, uptime))
    }

    /// How the latest try of this very file ended.
    func outcome(of migration: Migration) -> Outcome {
        failures.first { $0.migration == migration }?.outcome ?? .done("")
    }

    /// The first of these that failed when it was last tried.
    func failedMigration(of wanted: [Migration]) -> MigrationTry? {
        wanted.lazy.compactMap { file in self.failures.first { $0.migration == file } }.first.map {
            .failed(name: $0.migration.name, words: $0.words, times: $0.times, at: $0.at)
        }
    }

    private var identity: String?
    var engineIdentity: String? { identity }
    func keep(engineIdentity: String) { identity = engineIdentity }

    private var environments: [(image: String, values: [String])] = []
    func environment(of image: String) -> [String]? { environments.first { $0.image == image }?.values }
    func keep(environment: [String], of image: String) { environments.append((image, environment)) }

    private var wakeSignal: (@Sendable () -> Void)?
    func onWake(_ wake: @escaping @Sendable () -> Void) { wakeSignal = wake }
    /// Something broke that is worth a look.
    func wake() { wakeSignal?() }

    private(set) var leader: (key: LeaderKey, ttl: Duration)?
    func keep(leader key: LeaderKey?, ttl: Duration) { leader = key.map { ($0, ttl) } }

    private var exitWaiters: [(id: ContainerID, ticket: Int, continuation: CheckedContinuation<Void, Never>)] = []
    private var tickets = 0

    /// A container has ended: no answer can come from inside it, and nothing waits for one any longer.
    func noteDeath(of id: ContainerID) {
        for mourner in exitWaiters where mourner.id == id { mourner.continuation.resume() }
        exitWaiters.removeAll { $0.id == id }
    }

    /// Returns when the container ends, or when the task is cancelled.
    func exit(of id: ContainerID) async {
        tickets += 1
        let ticket = tickets
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume() }
                exitWaiters.append((id, ticket, continuation))
            }
        } onCancel: {
            Task { await self.leave(ticket) }
        }
    }

    private func leave(_ ticket: Int) {
        for mourner in exitWaiters where mourner.ticket == ticket { mourner.continuation.resume() }
        exitWaiters.removeAll { $0.ticket == ticket }
    }

    /// Forgets a repository that a command may have changed.
    func forgetRepository() {
        repository = nil
        inquiry?.isStale = true
    }

    // MARK: - A repository that is slow to ask

    private var inquiry: (begun: ContinuousClock.Instant, isStale: Bool, answer: Sighting<RepositoryView>?)?
    private var failure: (seen: Sighting<RepositoryView>, at: ContinuousClock.Instant)?
    private var questions: [String] = []

    /// What `ask` finds out, asked once at a time, and not again for a while after it failed. Nobody waits longer than
    /// his patience: an answer that comes later rings.
    func answer(
        within patience: Duration, ask: @escaping @Sendable () async -> Sighting<RepositoryView>
    ) async -> Sighting<RepositoryView> {
        if let failure, ContinuousClock.now - failure.at < .seconds(10) { return failure.seen }
        if inquiry == nil || inquiry?.answer != nil || inquiry?.isStale == true {
            let begun = ContinuousClock.now
            inquiry = (begun, false, nil)
            Task {
                let seen = await ask()
                self.conclude(begun, seen, patience)
            }
        }
        while let inquiry, ContinuousClock.now - inquiry.begun < patience {
            if let answer = inquiry.answer { return answer }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return .unknown(UnknownReason(.timedOut, "it is slow to answer"))
    }

    private func conclude(
        _ begun: ContinuousClock.Instant, _ seen: Sighting<RepositoryView>, _ patience: Duration
    ) {
        // a later question is under way where something has changed meanwhile
        guard inquiry?.begun == begun else { return }
        failure = seen.isUnknown ? (seen, .now) : nil
        inquiry?.answer = seen
        guard ContinuousClock.now - begun > patience else { return }
        if inquiry?.isStale == false, !seen.isUnknown { keep(seen, for: nil) }
        wake()
    }

    /// A command of ours that changes nothing; its end is no reason to look again.
    func note(question id: String) { questions = Array(questions.suffix(15)) + [id] }
    func isQuestion(_ id: String?) -> Bool { id.map(questions.contains) ?? false }
}
