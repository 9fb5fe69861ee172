import Foundation
import Model
import Testing

@testable import LiveWorld

@Suite("The secrets in the state directory")
struct SecretStoreTests {
    private func inDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "secrets-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    @Test("are the same for all who make them at the same moment, and nobody fails")
    func race() async throws {
        for _ in 1...25 {
            try await inDirectory { directory in
                let seen = try await withThrowingTaskGroup(of: [SecretView].self) { group in
                    for _ in 1...4 {
                        group.addTask {
                            let store = SecretStore(directory: directory)
                            try await store.load(Cluster(name: "race"))
                            return await store.views
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(seen.allSatisfy { $0 == seen[0] } && seen[0].count == 30)
            }
        }
    }

    @Test("none is in a text that was freed of them: whole, as JSON, or a line of a key alone")
    func withoutSecrets() async throws {
        try await inDirectory { directory in
            let store = SecretStore(directory: directory)
            try await store.load(Cluster(name: "report"))
            let files = try FileManager.default.contentsOfDirectory(atPath: directory)
            let values = try files.map { try String(contentsOfFile: "\(directory)/\($0)", encoding: .utf8) }
            #expect(values.count >= 20)
            let lines = values.flatMap { $0.split(whereSeparator: \.isNewline).map(String.init) }
                .filter { !$0.hasPrefix("-----") }
            let json = String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
            let text = values.joined(separator: " and ") + json + lines.reversed().map { "x\($0)y" }.joined()
            let freed = await store.withoutSecrets(text + "the rest stays")
            for line in lines {
                #expect(!freed.contains(line) && !freed.contains(line.replacing("/", with: "\\/")))
            }
            #expect(freed.contains("[postgres-superuser]") && freed.hasSuffix("the rest stays"))
        }
    }

    @Test("are files that only their owner may read")
    func mode() async throws {
        try await inDirectory { directory in
            try await SecretStore(directory: directory).load(Cluster(name: "mode"))
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + name)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
        }
    }

    @Test("follow the files that people change, stay where one cannot be read, and come back where one is lost")
    func reload() async throws {
        try await inDirectory { directory in
            var cluster = Cluster(name: "reload")
            cluster.roles = ["app", "other"].map { DeclaredRole(name: $0) }
            for place in cluster.roles.indices { cluster.roles[place].login = true }
            let file = directory + "-app"
            defer { try? FileManager.default.removeItem(atPath: file) }
            cluster.roles[0].passwordFile = file
            try "first\n".write(toFile: file, atomically: true, encoding: .utf8)
            let store = SecretStore(directory: directory)
            try await store.load(cluster)
            let (admin, other) = (try await store.value("postgres-admin"), try await store.value("role-other"))
            #expect(try await store.value("role-app") == "first")
            try "second".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.removeItem(atPath: directory + "/postgres-admin")
            try await SecretStore(directory: directory).rotate("role-other")
            try await store.restore(cluster)
            try await store.load(cluster)
            #expect(try await store.value("role-app") == "second")
            #expect(try await store.value("postgres-admin") == admin)
            #expect(try await store.value("role-other") != other)
            try FileManager.default.removeItem(atPath: file)
            await #expect(throws: SecretStore.Failure.self) { try await store.load(cluster) }
            #expect(try await store.value("role-app") == "second")
        }
    }

    @Test("of a cluster that exists are taken from it or left alone; only what is new is made")
    func living() async throws {
        try await inDirectory { directory in
            var cluster = Cluster(name: "living")
            var role = DeclaredRole(name: "app")
            role.login = true
            cluster.roles = [role]
            let found: [(SecretName, String)] = [
                "patroni-rest", "postgres-superuser", "postgres-replication", "postgres-rewind", "etcd-root",
                "pooler-verifier",
            ].map { ($0, "found \($0)") }
            for (missing, _) in found where missing != "pooler-verifier" {
                let error = await #expect(throws: SecretStore.Failure.self) {
                    try await SecretStore(directory: directory + "-without").load(
                        cluster, basis: .living(found: found.filter { $0.0 != missing }, new: []))
                }
                #expect(error?.name == missing)
                try FileManager.default.removeItem(atPath: directory + "-without")
            }
            let store = SecretStore(directory: directory)
            try await store.load(cluster, basis: .living(found: found, new: []))
            #expect(try await store.value("postgres-superuser") == "found postgres-superuser")
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(!names.contains { $0 == "role-app" || $0 == "postgres-admin" || $0 == "postgres-console" })
            await #expect(throws: SecretStore.Failure.self) { try await store.value("role-app") }
            // PostgreSQL was seen to have none
            let made = try await store.valueToSet("role-app")
            #expect(try await store.value("role-app") == made)
            let again = SecretStore(directory: directory)
            try await again.load(cluster, basis: .living(found: [], new: []))
            #expect(try await again.value("role-app") == made)
        }
    }

    @Test("are not written by what only looks")
    func readOnly() async throws {
        try await inDirectory { directory in
            let store = SecretStore(directory: directory, isReadOnly: true)
            try await store.load(Cluster(name: "look"))
            #expect(await store.views.count == 30)
            #expect(!FileManager.default.fileExists(atPath: directory))
            #expect(await !store.isKept("postgres-admin"))
            let views = await store.views
            try await store.load(Cluster(name: "look"))
            #expect(await store.views == views)
        }
    }

    @Test("that are empty are none")
    func empty() async throws {
        try await inDirectory { directory in
            try await SecretStore(directory: directory).load(Cluster(name: "empty"))
            try "".write(toFile: directory + "/postgres-admin", atomically: true, encoding: .utf8)
            await #expect(throws: SecretStore.Failure.self) {
                try await SecretStore(directory: directory).load(Cluster(name: "empty"))
            }
        }
    }

    @Test(
        "are made, left or refused by one rule",
        arguments: [
            ("postgres-superuser", false, false, SecretRule.make), ("postgres-superuser", true, false, .refuse),
            ("patroni-rest", true, false, .refuse), ("authority", true, false, .make),
            ("repository-passphrase", true, false, .refuse), ("repository-passphrase", true, true, .make),
            ("postgres-admin", true, false, .leave), ("role-app", true, false, .leave),
            ("role-app", false, false, .make), ("a-newer-one", true, false, .make),
            ("pooler-password", true, false, .make), ("etcd-root", true, false, .refuse),
            ("etcd-root", true, true, .make),
            ("etcd-node-pg-1", true, false, .make),
        ] as [(SecretName, Bool, Bool, SecretRule)])
    func rule(_ name: SecretName, _ lives: Bool, _ isNew: Bool, _ verdict: SecretRule) {
        #expect(SecretRule(for: name, clusterLives: lives, isProvenNew: isNew) == verdict)
    }

    @Test("are found in the files that the controller writes")
    func recovery() {
        func found(_ file: String, _ text: String) -> [String] {
            SecretRecovery.secrets(in: text, of: file, owner: .node("pg-1")).map { "\($0.0) \($0.1)" }
        }
        let patroni = """
            etcd3:
              hosts: ["etcd-1:2379"]
              username: "pg-1.etcd"
              password: "e"
            restapi:
              authentication:
                username: controller
                password: "r\\"st"
            postgresql:
              authentication:
                superuser:
                  username: postgres
                  password: "s"
                replication:
                  password: "p"
                rewind:
                  password: "w"
            """
        #expect(
            found("patroni.yml", patroni) == [
                "etcd-node-pg-1 e", "patroni-rest r\"st", "postgres-superuser s", "postgres-replication p",
                "postgres-rewind w",
            ])
        #expect(found("pgbackrest.conf", "[global]\nrepo1-cipher-pass=x=y\n") == ["repository-passphrase x=y"])
        #expect(found("pgbackrest.conf", "[global]\n").isEmpty)
        #expect(
            found("userlist.txt", "\"controller\" \"SCRAM-SHA-256$4096:a$b:c\"\n") == [
                "pooler-verifier SCRAM-SHA-256$4096:a$b:c"
            ])
        #expect(found("dbhub.toml", "user = \"console\"\npassword = \"q\"\n") == ["postgres-console q"])
        #expect(found("cluster.key", "").isEmpty)
        #expect(found("identity.pem", "").isEmpty)
        #expect(found("root.password", "x") == ["etcd-root x"])
        #expect(found("root.password", "").isEmpty)
        let key = "-----BEGIN PRIVATE KEY-----"
        #expect(found("identity.pem", key) == ["identity-pg-1 \(key)"])
    }
}
