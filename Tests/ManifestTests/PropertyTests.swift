import FoundationEssentials
import Manifest
import Model
import Testing

@Suite("Whatever the bytes are")
struct PropertyTests {
    private static let shipped = repository + "/manifests/pg-ha-cluster.yaml"

    /// The shipped manifest without its comments, so that each byte means something.
    private func good() throws -> [UInt8] {
        Array(Manifest.yaml(of: try Manifest.load(path: Self.shipped)).utf8)
    }

    @Test("a manifest that is printed and read again is the same cluster")
    func roundTrip() throws {
        for name in ["pg-ha-cluster", "single-node"] {
            let path = "\(repository)/manifests/\(name).yaml"
            let cluster = try Manifest.load(path: path)
            let printed = Manifest.yaml(of: cluster)
            let again = try Manifest.parse(
                bytes: Array(printed.utf8), file: name, files: .below(repository + "/manifests"))
            #expect(again == cluster)
            #expect(Manifest.yaml(of: again) == printed)
        }
    }

    @Test("any cluster that can be drawn survives being printed and read", arguments: 0..<200 as Range<UInt64>)
    func drawn(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let cluster = Cluster.drawn(&generator)
        let printed = Manifest.yaml(of: cluster)
        switch read(printed) {
        case .success(let again): #expect(again == cluster, "seed \(seed)")
        case .failure(let rejection): Issue.record("seed \(seed): \(rejection)\n\(printed)")
        }
    }

    @Test("a byte deleted, doubled, swapped or replaced: refused, or another meaning that is printed")
    func mutations() throws {
        let bytes = try good()
        let cluster = try read(bytes: bytes).get()
        var generator = SeededGenerator(seed: 1)
        // all edits of each byte take half a minute; one of them each is enough for a landing
        let isWhole = ProcessInfo.processInfo.environment["TESTS"] == "all"
        let replacements = Array("\"'#:[]{}&*!|>%@`, \n\t-?0aZ".utf8) + [0, 0x80, 0xFF]
        for index in bytes.indices {
            let other = replacements.randomElement(using: &generator) ?? 0
            let edits: [(inout [UInt8]) -> Void] = [
                { $0.remove(at: index) }, { $0.insert($0[index], at: index) },
                { $0.swapAt(index, min(index + 1, $0.count - 1)) }, { $0[index] = other },
                { $0.insert(other, at: index) },
            ]
            let drawn = Int.random(in: edits.indices, using: &generator)
            for (number, edit) in edits.enumerated() where isWhole || number == drawn {
                try check(changed(bytes, edit), against: cluster)
            }
        }
    }

    @Test("many edits at once never crash", arguments: 0..<20 as Range<UInt64>)
    func storms(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let good = try good()
        for _ in 0..<20 {
            var bytes = good
            for _ in 0..<Int.random(in: 2...40, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                let noise = Array("\"'#:[]{}&*!|>%@,\n -?\u{E9}".utf8)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(noise.randomElement(using: &generator) ?? 0, at: index)
                default: bytes.swapAt(index, Int.random(in: 0..<bytes.count, using: &generator))
                }
            }
            if case .failure(let rejection) = read(bytes: bytes) { expectSound(rejection) }
        }
    }

    private func changed(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes = bytes
        change(&bytes)
        return bytes
    }

    /// A text is refused with a reason, or read as what it then says: an equal cluster prints equally, another one
    /// prints differently, and what is printed is read as the same again.
    private func check(_ bytes: [UInt8], against cluster: Cluster) throws {
        switch read(bytes: bytes) {
        case .failure(let rejection): expectSound(rejection)
        case .success(let other):
            guard other != cluster else { return }
            let printed = Manifest.yaml(of: other)
            #expect(printed != Manifest.yaml(of: cluster), "\(String(decoding: bytes, as: UTF8.self))")
            #expect(try read(printed).get() == other)
        }
    }

    private func expectSound(_ rejection: ManifestRejection) {
        #expect(!rejection.errors.isEmpty)
        #expect(rejection.errors.allSatisfy { !$0.problem.isEmpty })
        #expect(rejection.description.split(separator: "\n").count <= ManifestRejection.shown + 1)
    }
}

extension Cluster {
    /// A valid cluster with much of it drawn by chance.
    fileprivate static func drawn(_ generator: inout SeededGenerator) -> Cluster {
        func draw<Value>(_ values: [Value], or standard: Value) -> Value {
            values.randomElement(using: &generator) ?? standard
        }
        var cluster = Cluster(name: draw(["a", "demo-2", "true", "no", "on", "null", "e1"], or: "a"))
        cluster.nodes.count = Int.random(in: 2...9, using: &generator)
        cluster.nodes.memory = draw([.gibibytes(2), .mebibytes(1025), .gibibytes(64)], or: .gibibytes(2))
        cluster.nodes.milliCPUs = draw([nil, 10, 250, 1500, 2000, 1001], or: nil)
        cluster.nodes.bindAddress = draw(["127.0.0.1", "0.0.0.0", "::1", "fd00::1"], or: "127.0.0.1")
        cluster.nodes.patroniRemoteAccess = true
        cluster.nodes.patroniBindAddress = draw(["127.0.0.1", "0.0.0.0"], or: "127.0.0.1")
        cluster.tls.required = draw([true, false], or: false)
        cluster.tls.certificateFile = draw([nil, "tls/cert.pem"], or: nil)
        cluster.tls.keyFile = cluster.tls.certificateFile.map { _ in "/run/secrets/key: #" }
        cluster.tls.caFile = cluster.tls.keyFile == nil ? nil : draw([nil, "ca.pem"], or: nil)
        cluster.tls.hostNames = draw([[], ["db.example.com", "192.0.2.7"], ["*.db.test", "fd00::7"]], or: [])
        cluster.nodes.stopTimeout = .seconds(draw([1, 59, 60, 90, 3600], or: 30))
        cluster.etcd.members = draw([1, 3, 5], or: 3)
        cluster.etcd.publish = draw([true, false], or: false)
        cluster.network.subnet = draw([nil, "172.30.0.0/24", "10.0.0.0/8"], or: nil)
        cluster.network.clients.subnet = draw([nil, "172.30.1.0/24", "192.168.7.0/24"], or: nil)
        cluster.network.clients.name = draw([nil, "pg-users", "pg-ha-network-2"], or: nil)
        cluster.postgres.synchronous.mode = draw(SynchronousSettings.Mode.allCases, or: .on)
        cluster.postgres.parameters = draw(
            [
                [], [.init("work_mem", "4MB"), .init("jit", "off")], [.init("search_path", "\"$user\", 'x''y' # \\ {")],
                [.init("application_name", ""), .init("auto_explain.log_min_duration", "-1")],
                [.init("random_page_cost", "1.10"), .init("application_name", "null")],
            ], or: [])
        cluster.postgres.hba = draw([[], ["host all all 10.0.0.0/8 scram-sha-256", "local all \"a b\" peer"]], or: [])
        cluster.accounts.admin.passwordFile = draw([nil, "secrets/a b", "/run/secrets/: #"], or: nil)
        cluster.schema.extensions = draw(
            [[], [ExtensionSettings(name: "vector", version: "0.8")], [ExtensionSettings(name: "uuid-ossp")]], or: [])
        cluster.schema.migrations = ["sql/001_items.sql", "b.sql", "sql/x/c.sql", "9.sql"].shuffled(using: &generator)
            .prefix(Int.random(in: 0...4, using: &generator))
            .map { Migration(name: String($0.split(separator: "/").last ?? ""), sql: "SELECT '\($0)';", path: $0) }
        cluster.roles = draw([[], [DeclaredRole(name: "readers"), .drawn(&generator)]], or: [])
        cluster.databases = draw([[], [.drawn(&generator)]], or: [])
        cluster.backups.compression = draw(BackupSettings.Compression.allCases, or: .zstd)
        cluster.backups.retention = draw(BackupSettings.RetentionUnit.allCases, or: .count)
        cluster.console.enabled = draw([true, false], or: true)
        cluster.pooler.enabled = cluster.tls.certificateFile != nil || draw([true, false], or: true)
        cluster.pooler.mode = draw(PoolerSettings.Mode.allCases, or: .transaction)
        cluster.pooler.queryWaitTimeout = .seconds(draw([1, 59, 60, 90, 3600], or: 120))
        cluster.disk.warn = draw([nil, .share(percent: 1), .share(percent: 90), .amount(.mebibytes(1))], or: nil)
        cluster.maintenance = draw([true, false], or: false)
        cluster.nodes.maintenance = draw([[], [cluster.nodeNames[0]]], or: [])
        var tags = NodeTags(cluster.nodeNames[0])
        (tags.nosync, tags.noloadbalance) = (cluster.nodes.count > 2, draw([true, false], or: false))
        cluster.nodes.tags = draw([[], [tags]], or: [])
        return cluster
    }
}

extension DeclaredRole {
    fileprivate static func drawn(_ generator: inout SeededGenerator) -> DeclaredRole {
        var role = DeclaredRole(name: "app")
        role.login = true
        role.createdb = [nil, true, false].randomElement(using: &generator) ?? nil
        role.inherit = [nil, true, false].randomElement(using: &generator) ?? nil
        role.connectionLimit = [nil, -1, 0, 20].randomElement(using: &generator) ?? nil
        role.validUntil = [nil, Timestamp(microseconds: 1_800_000_000_123_456)].randomElement(using: &generator) ?? nil
        role.memberOf = [nil, [], ["readers", "pg_monitor"]].randomElement(using: &generator) ?? nil
        role.passwordFile = [nil, "secrets/app"].randomElement(using: &generator) ?? nil
        return role
    }
}

extension DeclaredDatabase {
    fileprivate static func drawn(_ generator: inout SeededGenerator) -> DeclaredDatabase {
        var database = DeclaredDatabase(name: "appdb")
        database.ensure = [.present, .absent].randomElement(using: &generator) ?? .present
        database.owner = [nil, "pgadmin"].randomElement(using: &generator) ?? nil
        database.connectionLimit = [nil, 5].randomElement(using: &generator) ?? nil
        database.extensions =
            [[], [ExtensionSettings(name: "vector", version: "0.8")]].randomElement(using: &generator) ?? []
        return database
    }
}
