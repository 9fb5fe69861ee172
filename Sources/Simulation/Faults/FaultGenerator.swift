internal import Model

/// Draws a run from its seed. Swarm-style: first which kinds of faults there are at all and how dense they come, then
/// the faults, so that every seed has faults of its own and not the average of all.
struct FaultGenerator {
    /// Until when there are faults.
    private(set) var end: Duration = .zero
    private var random: SplitMix64
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix64(seed: seed ^ 0x5EED_0F_FAC7)
    }

    /// The cluster that the run begins with.
    mutating func drawCluster() -> Cluster {
        var cluster = Cluster(name: "sim")
        cluster.nodes.count = random.pick([1, 2, 2, 3, 3, 3, 3, 3, 4, 5]) ?? 3
        cluster.etcd.members = random.pick([1, 3, 3, 3, 3, 5]) ?? 3
        cluster.postgres.synchronous.mode = random.pick([.off, .on, .on, .on, .quorum, .strict]) ?? .on
        if cluster.nodes.count > 3, random.chance(permille: 300) { cluster.postgres.synchronous.number = 2 }
        if cluster.nodes.count < 2, cluster.postgres.synchronous.mode == .strict {
            cluster.postgres.synchronous.mode = .on
        }
        cluster.backups.enabled = random.chance(permille: 800)
        cluster.console.enabled = random.chance(permille: 600)
        if random.chance(permille: 500) {
            cluster.schema.migrations = [Migration(name: "001_items.sql", sql: "CREATE TABLE IF NOT EXISTS items ();")]
        }
        cluster.patroni.failsafe = random.chance(permille: 700)
        if random.chance(permille: 250) {
            cluster.backups.schedules.incremental = try? CronSchedule("*/5 * * * *")
            cluster.backups.schedules.drill = try? CronSchedule("*/7 * * * *")
        }
        // by the seed and not by chance, so that what the other seeds draw stays theirs
        if seed % 16 == 3 {
            cluster.backups.s3 = ObjectStore(bucket: "b", endpoint: "s3", keyFile: "key", keySecretFile: "secret")
        }
        if seed % 16 == 11 { cluster.backups.encryption.cipher = .aes }
        if seed % 8 == 6 { cluster.declare() }
        // so small that a replica to which WAL comes late is not elected
        if FaultGenerator.hasLaggards(seed) { cluster.patroni.maximumLagOnFailover = ByteCount(bytes: 500) }
        if seed % 16 == 3 { cluster.postgres.synchronous.mode = .off }
        // so that there are backups of later timelines
        if seed % 16 == 6 { cluster.backups.schedules.incremental = try? CronSchedule("*/2 * * * *") }
        return cluster
    }

    /// The faults that strike it.
    mutating func drawSchedule(for cluster: Cluster) -> FaultSchedule {
        // some faults come while the cluster is still being built, most when it stands
        let start = random.chance(permille: 250) ? 0 : random.number(25_000...60_000)
        let length = random.number(20_000...240_000)
        end = .milliseconds(start + length)
        var entries: [FaultSchedule.Entry] = []
        let kinds = (0...random.number(1...6)).map { _ in random.number(0...(FaultGenerator.kinds - 1)) }
        for _ in 0..<random.number(1...14) {
            guard let kind = random.pick(kinds) else { continue }
            let at = Duration.milliseconds(start + random.number(0...length))
            entries += draw(kind, cluster).map { .timed($0.fault.comesFirst ? .zero : at + $0.after, $0.fault) }
        }
        if random.chance(permille: 600) {
            let calls = random.number(1...30)
            let reach = random.pick([60, 400, 2000]) ?? 400
            let menu = callFaults()
            for _ in 0..<calls {
                if let fault = random.pick(menu) { entries.append(.call(random.number(1...reach), fault)) }
            }
        }
        if random.chance(permille: 300) {
            for _ in 0..<random.number(1...3) {
                let at = Duration.milliseconds(start + random.number(0...length))
                entries += drawRollout().map { .timed(at + $0.after, .edit($0.edit)) }
            }
        }
        if seed % 8 == 5 { entries += drawPauses(from: start, within: length) }
        if seed % 8 == 4 {
            let at = Duration.milliseconds(start + length / 2)
            entries.append(.timed(at, .edit(.poolerImage("pg-controller/pgbouncer:1b"))))
        }
        if seed % 8 == 0 { entries += drawSlowEffects(from: start, within: length) }
        if seed % 8 == 1 { entries.append(.timed(.milliseconds(start + length / 3), .quietClients)) }
        if seed % 8 == 6 { entries += drawImpossible(from: start, within: length) }
        if seed % 8 == 2 { entries += drawTags(from: start, within: length) }
        if seed % 8 == 7 { entries += drawDeclared(from: start, within: length) }
        if seed % 4 == 3 { entries += drawMonitor(from: start, within: length) }
        if FaultGenerator.hasLaggards(seed) { entries += drawLaggards(from: start, within: length) }
        if seed % 4 == 1 { entries += drawRotations(from: start, within: length) }
        if seed % 3 == 1 { entries += drawSwitchovers(from: start, length: length) }
        return FaultSchedule(entries)
    }

    /// What people ask for and what stands in its way, in every third seed and by chance of its own, so that what the
    /// other seeds draw stays theirs.
    private func drawSwitchovers(from start: Int, length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0x5A17C4)
        return (0..<random.number(1...4)).flatMap { _ -> [FaultSchedule.Entry] in
            let at = Duration.milliseconds(start + random.number(0...length))
            let target: Target? = random.chance(permille: 500) ? nil : .replica(random.number(0...2))
            var entries = [FaultSchedule.Entry.timed(at, .requestSwitchover(target))]
            let soon = at + .milliseconds(random.number(0...3000))
            switch random.number(0...11) {
            case 0: entries.append(.timed(soon, .openTransaction(.milliseconds(random.number(500...60_000)))))
            case 1: entries.append(.timed(soon, .spoilSwitchover))
            case 2: entries.append(.timed(soon, .kill(.primary)))
            case 3: entries.append(.timed(soon, .kill(.replica(random.number(0...1)))))
            case 4: entries += [.timed(soon, .pausePatroni(true)), .timed(soon + .seconds(20), .pausePatroni(false))]
            case 5: entries.append(.timed(soon, .edit(.maintenance(true))))
            case 6: entries.append(.timed(soon, .kill(.etcd(random.number(0...2)))))
            case 7: entries.append(.timed(soon, .jumpClock(milliseconds: Int64(random.number(-60_000...60_000)))))
            case 8: entries.append(.timed(soon, .silenceEngine(.milliseconds(random.number(500...30_000)))))
            case _: break
            }
            return entries
        }
    }

    /// People who want nothing changed for a while, in the cluster or on a node; by a chance of their own, so that what
    /// the other seeds draw stays theirs.
    private func drawPauses(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0x50_41_55_5E)
        return (0..<random.number(1...3)).flatMap { _ -> [FaultSchedule.Entry] in
            let at = Duration.milliseconds(start + random.number(0...length))
            let end = at + .milliseconds(random.number(3000...70_000))
            let holds: [Fault] = [
                .hold(nil), .hold(nil), .hold(.primary), .hold(.replica(0)), .hold(.node(2)), .edit(.maintenance(true)),
            ]
            guard let hold = random.pick(holds) else { return [] }
            if case .edit = hold { return [.timed(at, hold), .timed(end, .edit(.maintenance(false)))] }
            return [.timed(at, hold), .timed(end, .letGo)]
        }
    }

    /// Edits that cannot be had, taken back after a while. They come when the cluster stands: before that they can.
    private func drawImpossible(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0x1F_0F)
        let at = Duration.milliseconds(max(start, 60_000) + random.number(0...length))
        let end = at + .milliseconds(random.number(3000...60_000))
        return random.chance(permille: 500)
            ? [.timed(at, .edit(.locale("C"))), .timed(end, .edit(.locale(PostgresSettings().locale)))]
            : [.timed(at, .edit(.nodePrefix("db-"))), .timed(end, .edit(.nodePrefix(NodeSettings().namePrefix)))]
    }

    /// Certificates that end, a person who replaces the authority or changes etcd's users, and a cluster of an older build, of
    /// which sometimes only the volumes are left; in every fourth seed and by a chance of its own.
    private func drawRotations(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0xCE27)
        return (0..<random.number(1...3)).flatMap { _ -> [FaultSchedule.Entry] in
            let at = Duration.milliseconds(start + random.number(0...length))
            let faults: [Fault] = [
                .rotateAuthority, .rotateAuthority, .rotateAuthority, .ageCertificates, .ageCertificates, .forgetTLS,
                .forgetTLS, .spoilAccess(random.number(0...4)), .spoilAccess(random.number(0...4)),
            ]
            let fault = random.pick(faults) ?? .rotateAuthority
            let isGone = fault == .forgetTLS && random.chance(permille: 400)
            return [.timed(at, fault)] + (isGone ? [.timed(at, .removeAll)] : [])
        }
    }

    /// Primaries that die while the controller waits for something slow: a parameter that reaches etcd and every node, an image
    /// that makes all containers again.
    private func drawSlowEffects(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0x51_0E)
        let limit = random.pick(PendingParameter.limits) ?? "max_connections"
        let edits: [ManifestEdit] = [
            .parameter(limit, "\(random.number(120...400))"), .image("pg-controller/postgres:18b"),
            .memory(ByteCount(bytes: 3 << 30)),
            .parameter("work_mem", "9MB"),
        ]
        let whole = Fault.slowEffects(.milliseconds(length))
        return [.timed(.milliseconds(start), whole)]
            + (0..<random.number(1...3)).flatMap { _ -> [FaultSchedule.Entry] in
                let at = Duration.milliseconds(start + random.number(0...length))
                let edit = random.pick(edits).map { FaultSchedule.Entry.timed(at, .edit($0)) }
                let death = at + .milliseconds(random.number(0...6000))
                return [edit].compactMap(\.self) + [.timed(death, .kill(.primary))]
            }
    }

    private static func hasLaggards(_ seed: UInt64) -> Bool { seed % 8 == 3 }

    /// A primary that dies while its replicas are behind, or do not run in the election.
    private func drawLaggards(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0x1A_66_A2D5)
        return (0..<random.number(1...3)).flatMap { _ -> [FaultSchedule.Entry] in
            let at = Duration.milliseconds(start + random.number(0...length))
            // the last word of a leader on how far it has written is a loop old
            let death = at + .milliseconds(random.number(5000...25_000))
            let isShy = random.chance(permille: 300)
            let late = Duration.milliseconds(random.number(20_000...120_000))
            return (0..<4).map { .timed(at, isShy ? .shyAway(.replica($0)) : .delayWAL(.replica($0), late)) } + [
                .timed(death, random.chance(permille: 800) ? .kill(.primary) : .remove(.primary))
            ]
        }
    }

    /// Edits of what a node is kept from.
    private func drawTags(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0x7A_65)
        return (0..<random.number(1...4)).map { _ in
            let edit = ManifestEdit.tags(
                random.number(0...4), nofailover: random.chance(permille: 400), nosync: random.chance(permille: 500),
                noloadbalance: random.chance(permille: 500))
            return .timed(.milliseconds(start + random.number(0...length)), .edit(edit))
        }
    }

    /// What happens to declared roles and databases, drawn apart from everything else.
    private func drawDeclared(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0xDB_0B_1EC7)
        let menu: [Fault] = [
            .spoilRole("app"), .spoilRole("temporary"), .promoteRole("app"), .dropRole("app"), .dropDatabase("appdb"),
            .disownDatabase("appdb"), .disownDatabase("scratch"), .connect("scratch", true), .connect("scratch", false),
            .edit(.dismiss), .edit(.dismiss), .edit(.declare), .edit(.undeclare), .edit(.declare),
        ]
        return (0..<random.number(1...8)).compactMap { _ in
            random.pick(menu).map { .timed(.milliseconds(start + random.number(0...length)), $0) }
        }
    }

    /// What happens to the role as which the controller looks.
    private func drawMonitor(from start: Int, within length: Int) -> [FaultSchedule.Entry] {
        var random = SplitMix64(seed: seed ^ 0x40_71_70)
        let role = MonitorSettings.role
        let menu: [Fault] = [
            .spoilRole(role), .promoteRole(role), .dropRole(role), .closeDatabase("appdb"), .closeDatabase("postgres"),
        ]
        return (0..<random.number(1...3)).compactMap { _ in
            random.pick(menu).map { .timed(.milliseconds(start + random.number(0...length)), $0) }
        }
    }

    private mutating func callFaults() -> [CallFault] {
        let all: [CallFault] = [
            .callFails, .requestLost, .replyLost, .killBefore, .killAfter, .staleLook, .blindToStore,
        ]
        return all.filter { _ in random.chance(permille: 500) }
    }

    private mutating func target() -> Target {
        random.pick([.primary, .primary, .replica(0), .replica(1), .node(random.number(0...4))]) ?? .primary
    }

    private mutating func anyTarget(_ cluster: Cluster) -> Target {
        if random.chance(permille: 300) { return .etcd(random.number(0...4)) }
        return cluster.console.enabled && random.chance(permille: 100) ? .console : target()
    }

    private mutating func anyNetwork(_ cluster: Cluster) -> NetworkName {
        random.chance(permille: 700) ? cluster.network.name : cluster.network.clientsName
    }

    private static let kinds = 35

    /// One fault of a kind, with what follows it by the same hand.
    private mutating func draw(_ kind: Int, _ cluster: Cluster) -> [(after: Duration, fault: Fault)] {
        func now(_ fault: Fault) -> [(after: Duration, fault: Fault)] { [(.zero, fault)] }
        switch kind {
        case 0, 1: return now(.kill(anyTarget(cluster)))
        case 2: return now(.exit(anyTarget(cluster), code: random.pick([255, 137, 1, 139]) ?? 255))
        case 3:
            let target = anyTarget(cluster)
            let frozen = now(.pause(target))
            return random.chance(permille: 500)
                ? frozen : frozen + [(.milliseconds(random.number(1000...70_000)), .unpause(target))]
        case 4: return now(.stop(anyTarget(cluster)))
        case 5: return now(.remove(anyTarget(cluster)))
        case 6: return now(.rename(anyTarget(cluster)))
        case 7: return now(.killAll(withStore: random.chance(permille: 500)))
        case 8: return now(random.chance(permille: 300) ? .removeAll : .remove(target()))
        case 9: return now(.wipe(target()))
        case 10: return now(.lose(target()))
        case 11: return now(.lose(.etcd(random.number(0...4))))
        case 12:
            let (target, network) = (anyTarget(cluster), anyNetwork(cluster))
            return now(random.chance(permille: 300) ? .attach(target, network) : .disconnect(target, network))
        case 13: return now(.removeNetwork(anyNetwork(cluster)))
        case 14: return now(.silenceEngine(.milliseconds(random.number(500...60_000))))
        case 15: return now(.slowEngine(.milliseconds(random.number(500...20_000))))
        case 16: return now(.deafen(.milliseconds(random.number(500...60_000))))
        case 17: return now(.hang(target()))
        case 18: return now(.crashServer(target()))
        case 19: return now(.delayWAL(target(), .milliseconds(random.number(500...40_000))))
        default: return drawHands(kind, cluster)
        }
    }

    private mutating func drawHands(_ kind: Int, _ cluster: Cluster) -> [(after: Duration, fault: Fault)] {
        func now(_ fault: Fault) -> [(after: Duration, fault: Fault)] { [(.zero, fault)] }
        switch kind {
        case 20:
            let patches: [JSONValue] = [
                .object([("ttl", .integer(60))]), .object([("loop_wait", .integer(5))]),
                .object([("synchronous_mode", .bool(false))]),
                .object([("postgresql", .object([("parameters", .object([("work_mem", .string("1MB"))]))]))]),
            ]
            return now(.editConfiguration(random.pick(patches) ?? .null))
        case 21:
            return [
                (.zero, .pausePatroni(true)),
                (.milliseconds(random.number(3000...60_000)), .pausePatroni(false)),
            ]
        case 22: return now(.switchOver)
        case 23: return now(random.chance(permille: 500) ? .dropExtension : .spoilRole("pgadmin"))
        case 24:
            return now(random.chance(permille: 500) ? .editFile(anyTarget(cluster)) : .changeLimits(anyTarget(cluster)))
        case 25: return now(random.chance(permille: 500) ? .usurp(anyTarget(cluster)) : .takePort(anyTarget(cluster)))
        case 26: return now(.fillStore)
        case 27: return now(random.chance(permille: 300) ? .removeImage(anyTarget(cluster)) : .kill(.primary))
        case 28: return now(.jumpClock(milliseconds: Int64(random.number(-3_600_000...3_600_000))))
        case 29: return now(.restart(anyTarget(cluster)))
        case 30: return now(.swap(.replica(random.number(0...3))))
        case 31: return now(.loseStore)
        case 32:
            let node = "pg-node-\(random.number(1...3))-data"
            return now(random.pick([.squatVolume(VolumeName(node)), .squatVolume("etcd-1-data")]) ?? .loseStore)
        case 33:
            let network = anyNetwork(cluster)
            return now(random.chance(permille: 300) ? .squatNetwork(network) : .removeNetwork(network))
        default: return [(.zero, .edit(drawEdit(cluster)))]
        }
    }

    /// An edit that rolls through the nodes, or must not.
    private mutating func drawRollout() -> [(after: Duration, edit: ManifestEdit)] {
        let later = Duration.milliseconds(random.number(5000...60_000))
        let limit = random.pick(PendingParameter.limits) ?? "max_connections"
        switch random.number(0...4) {
        case 0: return [(.zero, .image("pg-controller/postgres:18b"))]
        case 1: return [(.zero, .image(.broken)), (later, .image(NodeSettings().image))]
        case 2: return [(.zero, .image(.broken))]
        case 3:
            let isLocal = random.chance(permille: 500)
            let refused = isLocal ? PostgresSettings.Parameter.refusedLocally : .refused
            return [
                (.zero, .parameter(refused.name, refused.value)), (.zero, .parameter("work_mem", "9MB")),
                (later, .parameter(refused.name, isLocal ? "pg_stat_statements, auto_explain" : "UTC")),
            ]
        default:
            return [
                (.zero, .parameter(limit, "\(random.number(20...400))")),
                (later, .parameter(limit, "\(random.number(20...400))")),
            ]
        }
    }

    private mutating func drawEdit(_ cluster: Cluster) -> ManifestEdit {
        switch random.number(0...6) {
        case 0, 1: .nodes(random.number(2...5))
        case 2: cluster.etcd.members == 1 ? .console(true) : .storeMembers(random.pick([3, 5]) ?? 3)
        case 3: .parameter("work_mem", "\(random.number(1...64))MB")
        case 4: .parameter("max_connections", "\(random.number(100...400))")
        case 5: random.chance(permille: 500) ? .memory(.gibibytes(2)) : .sharedMemory(.gibibytes(2))
        default: .console(random.chance(permille: 500))
        }
    }
}

extension Fault {
    /// Whether it makes sense only before the controller has made anything.
    fileprivate var comesFirst: Bool {
        if case .squatVolume = self { return true }
        if case .squatNetwork = self { return true }
        return false
    }
}
