import Manifest
import Testing

/// One bad manifest: where it is wrong, and words of what has to be said about it.
struct Bad: Sendable, CustomTestStringConvertible {
    var text: String
    var line: Int
    var column: Int
    var path: String
    var says: [String]

    init(_ spec: String, _ line: Int, _ column: Int, _ path: String, _ says: String...) {
        self.init(whole: manifest(spec), line, column, path, says)
    }
    init(whole text: String, _ line: Int, _ column: Int, _ path: String, _ says: [String]) {
        self.text = text
        self.line = line
        self.column = column
        self.path = path
        self.says = says
    }
    var testDescription: String { String(text.suffix(60)) }
}

/// The corpus of bad input, in the manifest's own field names.
@Suite("Every bad manifest is refused at its place, in plain words")
struct CorpusTests {
    @Test("each says where and what", arguments: fields + values + postgres + relations + declared)
    func corpus(_ bad: Bad) {
        let found = mistakes(bad.text)
        #expect(found.count == 1, "\(found.map(\.description))")
        guard let first = found.first else { return }
        #expect(first.position == Position(line: bad.line, column: bad.column), "\(first)")
        #expect(first.path == bad.path, "\(first)")
        for words in bad.says { #expect(first.description.contains(words), "\(first)") }
    }

    static let fields: [Bad] = [
        Bad("  nodes: {conut: 3}", 5, 11, "spec.nodes.conut", "unknown field", "Did you mean \"count\"?"),
        Bad("  nodes:\n    replicas: 3", 6, 5, "spec.nodes.replicas", "unknown field", "spec.nodes.count"),
        Bad("  ttl: 30s", 5, 3, "spec.ttl", "unknown field", "spec.patroni.ttl"),
        Bad("  nodes: {shared_memory: 1GiB}", 5, 11, "spec.nodes.shared_memory", "\"sharedMemory\""),
        Bad("  zebra: 1", 5, 3, "spec.zebra", "unknown field", "one of engines, network"),
        Bad("  dashboard: {}", 5, 3, "spec.dashboard", "not available in this version"),
        Bad(
            "  monitoring: {bindAddress: 192.0.2.1}", 5, 29, "spec.monitoring.bindAddress", "opens the metrics",
            "spec.monitoring.remoteAccess: true"),
        Bad(
            "  monitoring: {port: 5433}", 5, 22, "spec.monitoring.port", "5433 of monitoring", "5432…5434 of PostgreSQL"
        ),
        Bad("  monitoring: {tokenFile: missing}", 5, 27, "spec.monitoring.tokenFile", "does not exist"),
        Bad("  monitoring: {hosts: [a b]}", 5, 24, "spec.monitoring.hosts[0]"),
        Bad(
            "  monitoring: {queries: [{name: jobs, query: SELECT 1 AS n, columns: [{name: n, usage: gague}]}]}", 5, 88,
            "spec.monitoring.queries[0].columns[0].usage", "Did you mean \"gauge\"?"),
        Bad(
            "  monitoring: {queries: [{name: Jobs, query: SELECT 1 AS n, columns: []}]}", 5, 33,
            "spec.monitoring.queries[0].name", "is no part of a metric's name"),
        Bad(
            "  monitoring: {queries: [{name: jobs, columns: []}]}", 5, 26, "spec.monitoring.queries[0]",
            "\"query\" is missing"),
        Bad("  pooler: {port: 5433}", 5, 18, "spec.pooler.port", "5433…5434 of the poolers", "5432…5434 of PostgreSQL"),
        Bad("  pooler: {namePrefix: etcd-}", 5, 24, "spec.pooler.namePrefix", "would share the name etcd-1"),
        Bad("  pooler: {count: 4}", 5, 19, "spec.pooler.count", "from 1 to 3"),
        Bad("  backups: {repositories: aes}", 5, 13, "spec.backups.repositories", "not available in this version"),
        Bad(
            "  backups: {schedules: {full: daily}}", 5, 31, "spec.backups.schedules.full",
            "has 1 fields instead of five"),
        Bad("  backups: {schedules: {full: 0 25 * * 0}}", 5, 31, "spec.backups.schedules.full", "0 to 23"),
        Bad("  backups: {schedules: {timeZone: Mars}}", 5, 35, "spec.backups.schedules.timeZone", "no time zone"),
        Bad(
            "  bootstrap: {recovery: {from: {volume: a, stanza: b}, time: \"2026-11-23 10:00:00\"}}", 5, 62,
            "spec.bootstrap.recovery.time", "no target"),
        Bad("  nodes: 3", 5, 10, "spec.nodes", "has to be a mapping", "(got 3)"),
        Bad("  nodes: [3]", 5, 10, "spec.nodes", "has to be a mapping", "a list"),
        Bad(
            "  nodes: {count: 1, memory: 1GiB, count: 2}", 5, 35, "spec.nodes.count", "duplicate key \"count\"",
            "line 5"),
        Bad("  database:\n    admin:\n      password: hunter2", 7, 7, "spec.database.admin.password", "passwordFile"),
        Bad(
            "  database: {admin: {passwordFile: missing}}", 5, 36, "spec.database.admin.passwordFile", "does not exist"),
        Bad(whole: "kind: PostgresCluster\nmetadata: {name: a}\n", 1, 1, "", ["\"apiVersion\" is missing"]),
        Bad(
            whole: "apiVersion: pg-controller.io/v2\nkind: PostgresCluster\nmetadata: {name: a}", 1, 13, "apiVersion",
            ["upgrade controller"]),
        Bad(
            whole: "apiVersion: pg-controller.io/v1\nkind: PostgresClutser\nmetadata: {name: a}", 2, 7, "kind",
            ["Did you mean \"PostgresCluster\"?"]),
        Bad(
            whole: "apiVersion: pg-controller.io/v1\nkind: PostgresCluster\nmetadata: {name: Demo_1}", 3, 18,
            "metadata.name", ["is no DNS label", "got \"Demo_1\""]),
        Bad(
            whole: "apiVersion: pg-controller.io/v1\nkind: PostgresCluster\nmetadata: {name: 123}", 3, 18,
            "metadata.name",
            ["is a number, not text", "in quotes"]),
    ]

    static let values: [Bad] = [
        Bad("  nodes: {count: \"three\"}", 5, 18, "spec.nodes.count", "number, not text", "1 to 9", "three"),
        Bad("  nodes: {count: three}", 5, 18, "spec.nodes.count", "whole number", "got three"),
        Bad("  nodes: {count: \"3\"}", 5, 18, "spec.nodes.count", "without quotes"),
        Bad("  nodes: {count: 0}", 5, 18, "spec.nodes.count", "from 1 to 9"),
        Bad("  nodes: {count: -1}", 5, 18, "spec.nodes.count", "from 1 to 9"),
        Bad("  nodes: {count: 99999999999999999999}", 5, 18, "spec.nodes.count", "out of range", "from 1 to 9"),
        Bad("  nodes: {count: 3.0}", 5, 18, "spec.nodes.count", "whole number"),
        Bad("  nodes: {count: 0x3}", 5, 18, "spec.nodes.count", "whole number"),
        Bad("  nodes: {count: 03}", 5, 18, "spec.nodes.count", "leading zero"),
        Bad("  nodes: {count: }", 5, 11, "spec.nodes.count", "has no value"),
        Bad("  maintenance: yes", 5, 16, "spec.maintenance", "truth value", "Did you mean \"true\"?"),
        Bad("  maintenance: NO", 5, 16, "spec.maintenance", "Did you mean \"false\"?"),
        Bad("  maintenance: on", 5, 16, "spec.maintenance", "true or false"),
        Bad("  maintenance: \"true\"", 5, 16, "spec.maintenance", "without quotes"),
        Bad("  console: {port: 0}", 5, 19, "spec.console.port", "from 1 to 65535"),
        Bad("  console: {port: 65536}", 5, 19, "spec.console.port", "from 1 to 65535"),
        Bad("  console: {port: \"5432/udp\"}", 5, 19, "spec.console.port", "has to be a number"),
        Bad("  etcd: {members: 2}", 5, 19, "spec.etcd.members", "tolerate no failure", "1, 3 or 5"),
        Bad("  etcd: {members: 4}", 5, 19, "spec.etcd.members", "no more failures than 3"),
        Bad("  etcd: {memory: 512}", 5, 18, "spec.etcd.memory", "KiB, MiB or GiB", "got 512"),
        Bad("  etcd: {memory: 512mb}", 5, 18, "spec.etcd.memory", "KiB, MiB or GiB", "Did you mean \"512MiB\"?"),
        Bad("  etcd: {memory: 1Gib}", 5, 18, "spec.etcd.memory", "Did you mean \"1GiB\"?"),
        Bad("  etcd: {memory: 1e9G}", 5, 18, "spec.etcd.memory", "KiB, MiB or GiB"),
        Bad("  etcd: {memory: 9999999999999999999GiB}", 5, 18, "spec.etcd.memory", "out of range"),
        Bad("  patroni: {ttl: 30}", 5, 18, "spec.patroni.ttl", "s, m or h"),
        Bad("  patroni: {ttl: 15s}", 5, 18, "spec.patroni.ttl", "out of range", "from 20s"),
        Bad("  patroni: {ttl: 90 seconds}", 5, 18, "spec.patroni.ttl", "Did you mean \"90s\"?"),
        Bad("  nodes: {cpus: 1.5000}", 5, 17, "spec.nodes.cpus", "three decimals"),
        Bad("  nodes: {bindAddress: localhost}", 5, 24, "spec.nodes.bindAddress", "Did you mean \"127.0.0.1\"?"),
        Bad("  nodes: {bindAddress: 127.0.0.256}", 5, 24, "spec.nodes.bindAddress", "no IP address"),
        Bad(
            "  nodes: {patroniBindAddress: 0.0.0.0}", 5, 31, "spec.nodes.patroniBindAddress",
            "opens Patroni's REST API to other hosts", "spec.nodes.patroniRemoteAccess: true"),
        Bad(
            "  etcd: {publish: true, bindAddress: \"::\"}", 5, 38, "spec.etcd.bindAddress", "opens etcd to other hosts",
            "spec.etcd.remoteAccess: true"),
        Bad(
            "  console: {bindAddress: 192.0.2.1}", 5, 26, "spec.console.bindAddress", "opens the console",
            "spec.console.remoteAccess: true"),
        Bad("  tls: {required: sometimes}", 5, 19, "spec.tls.required", "true or false"),
        Bad(
            "  tls: {hostNames: [DB.example.com]}", 5, 21, "spec.tls.hostNames[0]", "no host name",
            "Did you mean \"db.example.com\"?"),
        Bad("  tls: {hostNames: [a..b]}", 5, 21, "spec.tls.hostNames[0]", "no host name"),
        Bad("  tls: {hostNames: [\"*.com\"]}", 5, 21, "spec.tls.hostNames[0]", "no host name"),
        Bad("  tls: {hostNames: [10.0.0.256]}", 5, 21, "spec.tls.hostNames[0]", "no host name"),
        Bad("  tls: {hostNames: [\"::1\", \"0::1\"]}", 5, 28, "spec.tls.hostNames[1]", "stands twice"),
        Bad("  tls: {caFile: a.pem}", 5, 8, "spec.tls", "a certificate needs its key"),
        Bad("  tls: {certificateFile: a.pem}", 5, 8, "spec.tls", "a certificate needs its key"),
        Bad("  tls: {keyFile: ../a.pem, certificateFile: a}", 5, 18, "spec.tls.keyFile", "no path we follow"),
        Bad("  nodes: {image: postgres}", 5, 18, "spec.nodes.image", "no tag", "exact tag"),
        Bad("  nodes: {image: \"postgres:latest\"}", 5, 18, "spec.nodes.image", "latest", "exact tag"),
        Bad("  nodes: {image: \"Postgres:18\"}", 5, 18, "spec.nodes.image", "no image reference"),
        Bad("  nodes: {image: \"postgres@sha256:12\"}", 5, 18, "spec.nodes.image", "64 hexadecimal digits"),
        Bad("  network: {subnet: 172.17.0.0/16}", 5, 21, "spec.network.subnet", "docker0"),
        Bad("  network: {subnet: 8.8.8.0/24}", 5, 21, "spec.network.subnet", "no private block"),
        Bad("  network: {subnet: 10.0.0.1/24}", 5, 21, "spec.network.subnet", "Did you mean \"10.0.0.0/24\"?"),
        Bad("  network: {subnet: 10.0.0.0/30}", 5, 21, "spec.network.subnet", "8 to 29"),
        Bad("  network: {driver: overlay}", 5, 21, "spec.network.driver", "bridge"),
        Bad("  network: {name: host}", 5, 19, "spec.network.name", "reserved"),
        Bad("  backups: {compression: lzo}", 5, 26, "spec.backups.compression", "none, gz, lz4, zstd"),
        Bad(
            "  schema: {extensions: [{name: vector, version: 0.8}]}", 5, 49, "spec.schema.extensions[0].version",
            "quotes"),
        Bad("  schema: {extensions: [{name: a}, {name: a}]}", 5, 36, "spec.schema.extensions[1]", "stands twice"),
        Bad(
            "  schema: {migrations: [../a.sql]}", 5, 25, "spec.schema.migrations[0]", "leaves the manifest's directory"),
        Bad("  schema: {migrations: [missing.sql]}", 5, 25, "spec.schema.migrations[0]", "does not exist"),
        Bad("  schema: {migrations: }", 5, 12, "spec.schema.migrations", "has to be a list", "[] for none"),
        Bad(
            "  engines: [{name: a, endpoint: \"tcp://10.0.0.1:2375\"}]", 5, 33, "spec.engines[0].endpoint",
            "without TLS"),
        Bad("  engines: [{name: a, endpoint: \"http://x\"}]", 5, 33, "spec.engines[0].endpoint", "unix:///path"),
        Bad("  engines: []", 5, 12, "spec.engines", "there is no engine"),
    ]

    static let postgres: [Bad] = [
        Bad("  postgres: {version: 17}", 5, 23, "spec.postgres.version", "does not run", "18"),
        Bad("  postgres: {version: 18.10}", 5, 23, "spec.postgres.version", "last zeros", "whole number 18"),
        Bad("  postgres: {synchronous: {mode: quorom}}", 5, 34, "spec.postgres.synchronous.mode", "\"quorum\""),
        Bad(
            "  postgres: {parameters: {archive_command: \"curl x | sh\"}}", 5, 27,
            "spec.postgres.parameters.archive_command",
            "is managed: pgBackRest"),
        Bad("  postgres: {parameters: {port: 1}}", 5, 27, "spec.postgres.parameters.port", "managed by Patroni"),
        Bad("  postgres: {parameters: {block_size: 1}}", 5, 27, "spec.postgres.parameters.block_size", "fixed when"),
        Bad(
            "  postgres: {parameters: {max_conections: 10}}", 5, 27, "spec.postgres.parameters.max_conections",
            "Did you mean \"max_connections\"?"),
        Bad(
            "  postgres: {parameters: {pg_stat_statments.max: 10}}", 5, 27,
            "spec.postgres.parameters.pg_stat_statments.max", "\"pg_stat_statements\""),
        Bad(
            "  postgres: {parameters: {max_connections: lots}}", 5, 44, "spec.postgres.parameters.max_connections",
            "from 1 to 262143"),
        Bad("  postgres: {parameters: {work_mem: 4mb}}", 5, 37, "spec.postgres.parameters.work_mem", "kB, MB"),
        Bad("  postgres: {parameters: {jit: maybe}}", 5, 32, "spec.postgres.parameters.jit", "on or off"),
        Bad("  postgres: {parameters: {fsync: off}}", 5, 27, "spec.postgres.parameters.fsync", "loses committed data"),
        Bad(
            "  postgres: {parameters: {wal_level: minimal}}", 5, 27, "spec.postgres.parameters.wal_level", "replica or"),
        Bad(
            "  postgres: {parameters: {log_directory: /tmp}}", 5, 27, "spec.postgres.parameters.log_directory",
            "data directory"),
        Bad(
            "  postgres: {parameters: {shared_preload_libraries: \"vector, evil\"}}", 5, 27,
            "spec.postgres.parameters.shared_preload_libraries", "\"evil\"", "pg_stat_statements"),
        Bad("  postgres: {parameters: {jit: on, JIT: off}}", 5, 36, "spec.postgres.parameters.JIT", "stands twice"),
        Bad(
            "  postgres: {parameters: {search_path: \"a\\nb\"}}", 5, 40, "spec.postgres.parameters.search_path",
            "line break"),
        Bad(
            "  postgres: {hba: [\"host all all 0.0.0.0/0 trust\"]}", 5, 20, "spec.postgres.hba[0]", "lets everybody in"),
        Bad("  postgres: {hba: [host all all 10.0.0.0/8 md5]}", 5, 20, "spec.postgres.hba[0]", "scram-sha-256"),
        Bad("  postgres: {hba: [host all all 10.0.0/8 reject]}", 5, 20, "spec.postgres.hba[0]", "no valid address"),
        Bad("  postgres: {hba: [\"local all all peer\\nhost\"]}", 5, 20, "spec.postgres.hba[0]", "line break"),
        Bad("  postgres: {hba: [gost all all all reject]}", 5, 20, "spec.postgres.hba[0]", "starts with one of"),
        Bad(
            "  database: {admin: {user: \"a\\\"; DROP TABLE x;--\"}}", 5, 28, "spec.database.admin.user", "no role name"
        ),
        Bad("  database: {admin: {user: pg_foo}}", 5, 28, "spec.database.admin.user", "reserved"),
        Bad("  database: {admin: {user: postgres}}", 5, 28, "spec.database.admin.user", "reserved"),
        Bad(
            "  database: {rewind: {user: __patroni_strict_sync_replica_placeholder__}}", 5, 29,
            "spec.database.rewind.user",
            "reserved"),
        Bad("  database: {name: \(String(repeating: "d", count: 64))}", 5, 20, "spec.database.name", "63 bytes"),
        Bad("  database: {name: \"a\\u202eb\"}", 5, 20, "spec.database.name", "invisible", "a\u{FFFD}b"),
        Bad("  database: {name: template1}", 5, 20, "spec.database.name", "reserved"),
    ]

    static let declared: [Bad] = [
        Bad(
            "  roles: [{name: pgadmin}]", 5, 18, "spec.roles[0].name", "controller's own", "spec.database.admin.user"),
        Bad("  roles: [{name: pgbouncer}]", 5, 18, "spec.roles[0].name", "controller's own"),
        Bad("  roles: [{name: postgres}]", 5, 18, "spec.roles[0].name", "reserved"),
        Bad("  roles: [{name: pg_x}]", 5, 18, "spec.roles[0].name", "reserved"),
        Bad("  roles: [{login: true}]", 5, 11, "spec.roles[0]", "\"name\" is missing"),
        Bad("  roles: [{name: a, superuser: true}]", 5, 21, "spec.roles[0].superuser", "no declared role"),
        Bad("  roles: [{name: a, password: x}]", 5, 21, "spec.roles[0].password", "passwordFile"),
        Bad("  roles: [{name: a, ensure: gone}]", 5, 29, "spec.roles[0].ensure", "present, absent"),
        Bad("  roles: [{name: a}, {name: a}]", 5, 22, "spec.roles[1]", "stands twice"),
        Bad("  roles: [{name: a, connectionLimit: -2}]", 5, 38, "spec.roles[0].connectionLimit", "from -1 to 10000"),
        Bad("  roles: [{name: a, validUntil: soon}]", 5, 33, "spec.roles[0].validUntil", "no moment"),
        Bad(
            "  roles: [{name: a, memberOf: [nobody]}]", 5, 32, "spec.roles[0].memberOf[0]",
            "no role that this manifest declares"),
        Bad(
            "  roles: [{name: a, memberOf: [pg_execute_server_program]}]", 5, 32, "spec.roles[0].memberOf[0]",
            "as much as a superuser"),
        Bad("  roles: [{name: a, memberOf: [a]}]", 5, 32, "spec.roles[0].memberOf[0]", "a member of itself"),
        Bad("  databases: [{name: postgres}]", 5, 22, "spec.databases[0].name", "application's database"),
        Bad(
            "  database: {name: main}\n  databases: [{name: postgres}]", 6, 22, "spec.databases[0].name",
            "PostgreSQL's own"),
        Bad("  databases: [{name: template1}]", 5, 22, "spec.databases[0].name", "reserved"),
        Bad("  databases: [{name: pgbouncer}]", 5, 22, "spec.databases[0].name", "admin console"),
        Bad(
            "  databases: [{name: d, owner: nobody}]", 5, 32, "spec.databases[0].owner",
            "no role that this manifest declares"),
        Bad(
            "  roles: [{name: a, ensure: absent}]\n  databases: [{name: d, owner: a}]", 6, 32,
            "spec.databases[0].owner", "shall be absent"),
    ]

    static let relations: [Bad] = [
        Bad(
            "  patroni: {ttl: 20s}", 5, 18, "spec.patroni.ttl", "10s + 2 × 10s = 30s > 20s",
            "loopWait + 2 × retryTimeout ≤ ttl"),
        Bad("  patroni: {loopWait: 11s}", 5, 23, "spec.patroni.loopWait", "= 31s > 30s"),
        Bad(
            "  nodes: {count: 1}\n  postgres: {synchronous: {mode: quorum}}", 6, 34, "spec.postgres.synchronous.mode",
            "second node", "nodes.count 1"),
        Bad("  postgres: {synchronous: {number: 3}}", 5, 36, "spec.postgres.synchronous.number", "3 of 2"),
        Bad(
            "  nodes: {maintenance: [pg-node-4]}", 5, 25, "spec.nodes.maintenance[0]", "is no node of this cluster",
            "pg-node-1, pg-node-2, pg-node-3"),
        Bad("  nodes: {maintenance: [pg-node-1, pg-node-1]}", 5, 36, "spec.nodes.maintenance[1]", "stands twice"),
        Bad("  nodes: {tags: {pg-node-7: {nosync: true}}}", 5, 29, "spec.nodes.tags.pg-node-7", "is no node"),
        Bad(
            "  nodes: {tags: {pg-node-1: {nofailoverr: true}}}", 5, 30, "spec.nodes.tags.pg-node-1.nofailoverr",
            "Did you mean \"nofailover\"?"),
        Bad("  nodes: {tags: {pg-node-1: {nosync: yes}}}", 5, 38, "spec.nodes.tags.pg-node-1.nosync", "truth value"),
        Bad(
            "  nodes: {tags: {pg-node-2: {nosync: true}, pg-node-3: {nosync: true}}}", 5, 17, "spec.nodes.tags",
            "fewer standbys may confirm", "0 of 1"),
        Bad(
            "  nodes:\n    count: 2\n    tags: {pg-node-1: {nofailover: true}, pg-node-2: {nofailover: true}}\n"
                + "  postgres: {synchronous: {mode: \"off\"}}", 7, 11, "spec.nodes.tags", "no node may lead"),
        Bad("  console: {port: 5434}", 5, 19, "spec.console.port", "5434 of the console", "5432…5434 of PostgreSQL"),
        Bad("  nodes: {patroniPort: 65535}", 5, 24, "spec.nodes.patroniPort", "past 65535", "at most 65533"),
        Bad("  etcd: {namePrefix: pg-node-}", 5, 22, "spec.etcd.namePrefix", "share the name pg-node-1"),
        Bad("  console: {name: pg-node-9}", 5, 19, "spec.console.name", "another container"),
        Bad("  backups: {volume: etcd-5-data}", 5, 21, "spec.backups.volume", "data volume"),
        Bad(
            "  backups: {s3: {bucket: b, endpoint: e, keyFile: k, keySecretFile: s}}", 5, 26, "spec.backups.s3.bucket",
            "is no name of a bucket"),
        Bad(
            "  backups: {encryption: {passphraseFile: p}}", 5, 42, "spec.backups.encryption.passphraseFile", "encrypts"),
        Bad("  console: {user: pgadmin}", 5, 19, "spec.console.user", "same role as spec.database.admin.user"),
        Bad("  network: {subnet: 10.0.0.0/29}", 5, 21, "spec.network.subnet", "5 addresses for 11 containers"),
        Bad("  network: {clients: {subnet: 10.0.0.0/29}}", 5, 31, "spec.network.clients.subnet", "for 8 containers"),
        Bad(
            "  network: {subnet: 10.0.0.0/16, clients: {subnet: 10.0.7.0/24}}", 5, 52, "spec.network.clients.subnet",
            "overlaps"),
        Bad(
            "  network: {clients: {name: app}}", 5, 29, "spec.network.clients.name", "not come behind the other network"
        ),
        Bad(
            "  network: {clients: {name: pg-ha-network}}", 5, 29, "spec.network.clients.name",
            "not come behind the other network's name"),
        Bad("  network: {clients: {name: pg-node-1}}", 5, 29, "spec.network.clients.name", "name of a container"),
        Bad(
            "  nodes: {memory: 1GiB}\n  postgres: {parameters: {shared_buffers: 2GB}}", 5, 19, "spec.nodes.memory",
            "memory of 1GiB", "shared_buffers, which is 2GB"),
        Bad(
            "  nodes: {memory: 512MiB, sharedMemory: 1GiB}", 5, 41, "spec.nodes.sharedMemory",
            "1GiB is more than the node's memory of 512MiB"),
        Bad(
            "  postgres: {parameters: {max_connections: 3}}", 5, 44, "spec.postgres.parameters.max_connections",
            "3 of 3 are reserved"),
        Bad(
            "  engines:\n    - {name: a}\n    - {name: b}", 7, 7, "spec.engines[1]", "same engine"),
        Bad(
            "  engines: [{name: a}, {name: b, endpoint: \"unix:///b\"}]", 5, 12, "spec.engines", "not available in this"
        ),
    ]
}
