import Foundation
import TestSupport
import Testing

/// Who may ask etcd what, and how a cluster comes to that.
@Suite("Access to etcd")
struct EtcdAccessTests {
    @Test(
        "etcd answers only certificates of the cluster, takes only members as peers, and lets a node do only its part")
    func boundaries() async throws {
        try await EtcdByCurl.with { cluster, client in
            let (member, range, login) = (cluster.member(1), client.range, try await client.login())
            // what a node may do
            let token = try await client.token(login)
            let leader = try await client.ask("/v3/kv/range", range, token: token)
            #expect(leader.contains(EtcdByCurl.text(cluster.node(1))), "\(leader)")
            // without TLS, and without a certificate
            for (scheme, key) in [("http", nil), ("http", "node.pem"), ("https", nil)] as [(String, String?)] {
                let said = try await client.ask("/v3/kv/range", range, scheme: scheme, key: key, token: token)
                #expect(!said.contains("header") && !said.hasSuffix("exit 0"), "\(scheme) \(key ?? "-"): \(said)")
            }
            // with a certificate and nothing else, which a pooler has, too
            for key in ["node.pem", "pooler.pem"] {
                let said = try await client.ask("/v3/kv/range", range, key: key)
                // the gateway takes no common name, and a node's certificate has none
                #expect(said.contains(key == "node.pem" ? "user name is empty" : "CommonName"), "\(key): \(said)")
            }
            let wrong = try await client.ask(
                "/v3/auth/authenticate", "{\"name\":\"\(cluster.node(1)).etcd\",\"password\":\"guess\"}")
            #expect(wrong.contains("authentication failed"), "\(wrong)")
            // a node's user, where it is not at home: the controller's records, other keys, users and members
            let record = EtcdByCurl.text("/controller/\(cluster.id)/founded")
            let switchover = EtcdByCurl.text("/controller/\(cluster.id)/switchover")
            let beyond = [
                ("/v3/kv/range", "{\"key\":\"\(record)\"}"), ("/v3/kv/put", "{\"key\":\"\(record)\",\"value\":\"\"}"),
                ("/v3/kv/put", "{\"key\":\"\(switchover)\",\"value\":\"\"}"),
                ("/v3/kv/range", "{\"key\":\"AA==\",\"range_end\":\"AA==\"}"),
                ("/v3/auth/user/add", "{\"name\":\"x\",\"password\":\"x\"}"), ("/v3/auth/disable", "{}"),
                ("/v3/maintenance/snapshot", "{}"),
                ("/v3/cluster/member/add", "{\"peerURLs\":[\"https://x:2381\"]}"),
            ]
            for (path, body) in beyond {
                let said = try await client.ask(path, body, token: token)
                #expect(said.contains("permission denied"), "\(path) \(body): \(said)")
            }
            // gRPC takes a common name for a user: the poolers' is none
            _ = try await Shell.run([
                "sh", "-c",
                "docker exec -i \(member) sh -c 'umask 077; cat > /tmp/p.pem' < \(client.folder)/pooler.pem",
            ])
            func list(_ key: String) async throws -> String {
                try await Shell.run([
                    "sh", "-c",
                    "docker exec -e ETCDCTL_CERT=\(key) -e ETCDCTL_KEY=\(key) \(member) etcdctl get --prefix /service 2>&1 "
                        + "|| true",
                ])
            }
            let own = try await list("/etc/controller/superuser.pem")
            #expect(own.contains(cluster.node(1)), "\(own)")
            let stolen = try await list("/tmp/p.pem")
            #expect(!stolen.contains(cluster.node(1)) && stolen.contains("Error"), "\(stolen)")
            // Members take a peer by its name and its address. The right name from elsewhere is refused, too, so what is shown
            // here is that no other party's key is one.
            for key in ["node.pem", "pooler.pem", nil] {
                let said = try await client.ask("/members", "{}", port: 2381, key: key)
                #expect(!said.contains("peerURLs") && !said.hasSuffix("exit 0"), "\(key ?? "-"): \(said)")
            }
            let plain = try await client.ask("/members", "{}", port: 2380, scheme: "http", key: nil)
            #expect(!plain.hasSuffix("exit 0"), "\(plain)")
            // what a person uses in a member's container goes on working, as the superuser
            let members = try await cluster.docker("exec", member, "etcdctl", "member", "list")
            #expect(members.contains("https://\(member):2381") && !members.contains("http:"), "\(members)")
        }
    }

    @Test("what a person changes of etcd's users is put back; a password that only a person can set again is told")
    func changedUsers() async throws {
        try await EtcdByCurl.with { cluster, client in
            let (member, range, login) = (cluster.member(1), client.range, try await client.login())
            // what a person changes is put back, and the node goes on
            _ = try await cluster.docker("exec", member, "etcdctl", "auth", "disable")
            _ = try await cluster.docker("exec", member, "etcdctl", "user", "delete", "\(cluster.node(1)).etcd")
            _ = try await eventually("users and authentication to be back", within: .seconds(150)) { () -> Bool? in
                let said = try await client.ask("/v3/kv/range", range, key: "node.pem")
                guard said.contains("user name is empty") else { return nil }
                return try await client.ask("/v3/auth/authenticate", login).contains("token") ? true : nil
            }
            try await cluster.ready()

            // the controller's own password: only the controller's user can set it, and that is said
            func setRoot(_ password: String) async throws {
                _ = try await Shell.run([
                    "sh", "-c",
                    "printf '%s' \"$0\" | docker exec -i \(member) etcdctl user passwd root --interactive=false",
                    password,
                ])
            }
            let kept = try String(
                contentsOfFile: "\(cluster.state)/\(cluster.id)/secrets/etcd-root", encoding: .utf8)
            try await setRoot("another-one")
            _ = try await eventually("the refusal to be told") { () -> Bool? in
                let conditions = try await cluster.status().conditions
                return conditions.contains { $0.message.contains("refuses the controller's password") } ? true : nil
            }
            try await setRoot(kept)
            try await cluster.ready()
        }
    }

    @Test("volumes alone come up: those of an older build, and those of a cluster that has changed over")
    func volumesAlone() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 3) { cluster in
            let members = (1...3).map(cluster.member)
            try await PlainEtcd(cluster).leaveVolumes(with: "kept")
            func check() async throws {
                try await cluster.ready()
                for member in members {
                    let label = try await cluster.inspect(
                        member, "{{index .Config.Labels \"io.pg-controller.etcd-tls\"}}")
                    #expect(label.contains("required"), "\(member)")
                }
                let list = try await cluster.docker("exec", members[0], "etcdctl", "member", "list")
                for member in members { #expect(list.contains("https://\(member):2381"), "\(list)") }
                #expect(!list.contains("http:"), "\(list)")
                let kept = try await cluster.docker("exec", members[0], "etcdctl", "get", "kept")
                #expect(kept.contains("by the older build"), "\(kept)")
            }
            try cluster.run()
            try await check()
            try await cluster.psql(cluster.node(1), "create table kept(a int); insert into kept values (7)")

            cluster.kill()
            let filter = "label=io.pg-controller.cluster=\(cluster.id)"
            let containers = try await cluster.docker("ps", "-aq", "--filter", filter).split(separator: "\n")
            #expect(containers.count > 3)
            _ = try await cluster.docker(["rm", "-f"] + containers.map(String.init))
            try cluster.run()
            try await check()
            #expect(try await cluster.psql(cluster.node(1), "select a from kept").contains("7"))
        }
    }
}

/// etcd's JSON gateway as a process on the host asks it, with the keys of the cluster's parties.
private struct EtcdByCurl {
    let folder: String
    private let cluster: ClusterFixture
    private let address: String
    /// The question who leads.
    var range: String { "{\"key\":\"\(EtcdByCurl.text("/service/\(cluster.id)/leader"))\"}" }

    /// A small cluster that is ready, and this beside it.
    static func with(_ body: (ClusterFixture, EtcdByCurl) async throws -> Void) async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1, poolers: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await EtcdByCurl(cluster)
            defer { try? FileManager.default.removeItem(atPath: client.folder) }
            try await body(cluster, client)
        }
    }

    private init(_ cluster: ClusterFixture) async throws {
        self.cluster = cluster
        address = try await cluster.address(of: cluster.member(1))
        folder = try await Shell.run(["mktemp", "-d"])
        try await keep("cluster.crt", of: cluster.node(1), as: "ca.pem")
        try await keep("etcd.pem", of: cluster.node(1), as: "node.pem")
        try await keep("identity.pem", of: cluster.pooler(1), as: "pooler.pem")
    }

    private func keep(_ file: String, of container: String, as name: String) async throws {
        let text = try await cluster.docker("exec", container, "cat", "/etc/controller/\(file)")
        try "\(text)\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    /// A text as the gateway wants it.
    static func text(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    /// The node's user and password, as a request.
    func login() async throws -> String {
        let file = try await cluster.docker("exec", cluster.node(1), "cat", "/etc/controller/patroni.yml")
        let lines = file.split(separator: "\n").drop { $0 != "etcd3:" }
        let password = lines.first { $0.contains("password: ") }?.split(separator: "\"").last
        return "{\"name\":\"\(cluster.node(1)).etcd\",\"password\":\"\(try #require(password))\"}"
    }

    func token(_ login: String) async throws -> String {
        let said = try await ask("/v3/auth/authenticate", login)
        let parts = said.split(separator: "\"")
        let place = try #require(parts.firstIndex(of: "token"), "\(said)")
        return String(parts[place + 2])
    }

    /// What etcd says, and curl's exit status.
    func ask(
        _ path: String, _ body: String, port: Int = 2379, scheme: String = "https", key: String? = "node.pem",
        token: String? = nil
    ) async throws -> String {
        let member = cluster.member(1)
        var arguments = [
            "curl", "-sS", "-m", "5", "--cacert", "\(folder)/ca.pem", "--connect-to",
            "\(member):\(port):\(address):\(port)", "-X", "POST", "-d", body,
        ]
        if let key { arguments += ["--cert", "\(folder)/\(key)", "--key", "\(folder)/\(key)"] }
        if let token { arguments += ["-H", "Authorization: \(token)"] }
        return try await Shell.run(
            ["sh", "-c", "\"$@\" 2>&1; echo \"exit $?\"", "sh"] + arguments + ["\(scheme)://\(member):\(port)\(path)"])
    }
}

/// Three members without TLS, as an older build ran them.
private struct PlainEtcd {
    let cluster: ClusterFixture
    init(_ cluster: ClusterFixture) { self.cluster = cluster }

    /// Makes the members' volumes, has them found a store with one key, and removes the containers. The passwords of the older
    /// build stay, too: without them the controller takes such a cluster for one whose secrets are lost.
    func leaveVolumes(with key: String) async throws {
        let secrets = "\(cluster.state)/\(cluster.id)/secrets"
        try FileManager.default.createDirectory(
            atPath: secrets, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in ["patroni-rest", "postgres-superuser", "postgres-replication", "postgres-rewind"] {
            let file = "\(secrets)/\(name)"
            try "of-the-older-build-\(name)".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        }
        let network = cluster.id + "-old"
        let members = (1...3).map(cluster.member)
        _ = try await cluster.docker("network", "create", network)
        let list = members.map { "\($0)=http://\($0):2380" }.joined(separator: ",")
        for member in members {
            let label = "io.pg-controller"
            _ = try await cluster.docker(
                "volume", "create", "--label", "\(label).cluster=\(cluster.id)", "--label", "\(label).component=etcd",
                "--label", "\(label).name=\(member)", "\(member)-data")
            _ = try await cluster.docker(
                "run", "-d", "--name", member, "--network", network, "-v", "\(member)-data:/var/lib/etcd",
                "--entrypoint", "etcd", "pg-controller/etcd:3.5", "--name", member, "--data-dir", "/var/lib/etcd",
                "--listen-peer-urls", "http://0.0.0.0:2380", "--initial-advertise-peer-urls", "http://\(member):2380",
                "--listen-client-urls", "http://0.0.0.0:2379", "--advertise-client-urls", "http://\(member):2379",
                "--initial-cluster", list, "--initial-cluster-token", cluster.id)
        }
        _ = try await eventually("members without TLS to take a key") { () -> Bool? in
            let put = "env -i PATH=\"$PATH\" etcdctl --endpoints http://127.0.0.1:2379 put \(key) 'by the older build'"
            return try await cluster.docker("exec", members[0], "sh", "-c", put).contains("OK") ? true : nil
        }
        _ = try await cluster.docker(["rm", "-f"] + members)
        _ = try await cluster.docker("network", "rm", network)
    }
}
