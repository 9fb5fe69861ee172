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
                #expect(seen.allSatisfy { $0 == seen[0] } && seen[0].count == 10)
            }
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
            try await store.reload(cluster)
            #expect(try await store.value("role-app") == "second")
            #expect(try await store.value("postgres-admin") == admin)
            #expect(try await store.value("role-other") != other)
            try FileManager.default.removeItem(atPath: file)
            await #expect(throws: SecretStore.Failure.self) { try await store.reload(cluster) }
            #expect(try await store.value("role-app") == "second")
        }
    }

    @Test("are never made anew for a cluster that exists, and an empty one is no secret")
    func missing() async throws {
        try await inDirectory { directory in
            let cluster = Cluster(name: "missing")
            await #expect(throws: SecretStore.Failure.self) {
                try await SecretStore(directory: directory).load(cluster, mayGenerate: false)
            }
            try await SecretStore(directory: directory).load(cluster)
            try "".write(toFile: directory + "/postgres-admin", atomically: true, encoding: .utf8)
            await #expect(throws: SecretStore.Failure.self) {
                try await SecretStore(directory: directory).load(cluster)
            }
        }
    }
}
