import Foundation
import TestSupport

/// A real S3 server, SeaweedFS over TLS with an authority of its own, in a container on the networks of the clusters
/// that use it.
struct ObjectStorage {
    let name: String
    let directory: String
    let key: String
    let secret: String
    static let port = 8443
    static let bucket = "backups"
    private static let binary = Program.root + "/.build/tools/weed"

    /// Starts it on the cluster's network, which is made with the labels that the controller would give it.
    static func start(for cluster: ClusterFixture) async throws -> ObjectStorage {
        guard FileManager.default.fileExists(atPath: binary) else {
            throw ShellError(description: "there is no \(binary): run deploy/setup/test-tools.sh")
        }
        let canary = UUID().uuidString.replacing("-", with: "").lowercased()
        let storage = ObjectStorage(
            name: cluster.id + "-s3", directory: cluster.directory + "/s3", key: "key" + canary.prefix(16),
            secret: "secret" + canary)
        try FileManager.default.createDirectory(atPath: storage.directory, withIntermediateDirectories: true)
        try await storage.certify()
        let identities = """
            {"identities": [{"name": "t", "credentials": [{"accessKey": "\(storage.key)", "secretKey": "\(storage.secret)"}],
              "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
            """
        try identities.write(toFile: storage.directory + "/s3.json", atomically: true, encoding: .utf8)
        try await storage.join(cluster, makes: true)
        let image = ProcessInfo.processInfo.environment["CONTROLLER_TEST_IMAGE"] ?? "pg-controller/postgres:18"
        _ = try await Shell.run([
            "docker", "create", "--name", storage.name, "--network", cluster.clientNetwork, "--label",
            "io.pg-controller.cluster=\(cluster.id)", "--user", "0", "--entrypoint", "/weed", image, "server",
            "-dir=/tmp",
            "-ip=127.0.0.1", "-ip.bind=0.0.0.0", "-master.volumeSizeLimitMB=256", "-volume.max=100", "-s3",
            "-s3.port=\(port)", "-s3.config=/s3/s3.json", "-s3.cert.file=/s3/tls.crt", "-s3.key.file=/s3/tls.key",
        ])
        // copied, not mounted: the engine may see other files than we do
        _ = try await Shell.run(["docker", "cp", binary, "\(storage.name):/weed"])
        _ = try await Shell.run(["docker", "cp", storage.directory, "\(storage.name):/s3"])
        _ = try await Shell.run(["docker", "start", storage.name])
        _ = try await eventually("a bucket") { () -> Bool? in
            let answer = try await Shell.run([
                "docker", "exec", storage.name, "sh", "-c",
                "(echo s3.bucket.create -name \(bucket); sleep 0.5) | timeout 10 /weed shell -master=127.0.0.1:9333 2>&1",
            ])
            return answer.contains("created bucket") ? true : nil
        }
        return storage
    }

    /// Makes it reachable for a cluster by its name.
    func join(_ cluster: ClusterFixture, makes: Bool = false) async throws {
        _ = try await Shell.run([
            "docker", "network", "create", "--label", "io.pg-controller.cluster=\(cluster.id)", "--label",
            "io.pg-controller.component=network", cluster.clientNetwork,
        ])
        if !makes { _ = try await Shell.run(["docker", "network", "connect", cluster.clientNetwork, name]) }
    }

    /// The files that a manifest names, and what it says about them; `indent` is that of the keys.
    func manifest(for cluster: ClusterFixture, indent: String) throws -> String {
        let folder = cluster.directory + "/secrets"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (file, text) in [("key", key), ("key-secret", secret)] {
            try text.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(file)")
        }
        try? FileManager.default.copyItem(atPath: directory + "/ca.crt", toPath: cluster.directory + "/ca.crt")
        return """
            s3:
              bucket: \(ObjectStorage.bucket)
              endpoint: \(name)
              port: \(ObjectStorage.port)
              uriStyle: path
              caFile: ca.crt
              keyFile: secrets/key
              keySecretFile: secrets/key-secret

            """.split(separator: "\n").map { indent + $0 + "\n" }.joined()
    }

    private func certify() async throws {
        let script = """
            set -e; cd \(directory)
            new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            openssl req -x509 $new -days 3 -keyout ca.key -out ca.crt -subj "/CN=an authority of its own"
            openssl req $new -keyout tls.key -out tls.csr -subj "/CN=\(name)"
            printf 'subjectAltName=DNS:\(name)' > names
            openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3 -out tls.crt -extfile names
            """
        _ = try await Shell.run(["sh", "-c", script + " 2>&1"])
    }
}
