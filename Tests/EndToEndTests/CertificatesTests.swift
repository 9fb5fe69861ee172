import Foundation
import PostgresClient
import TestSupport
import Testing

/// Who can get in with which key, and what a rotation of the keys costs.
@Suite("Certificates")
struct CertificatesTests {
    @Test("rotating certificates and the authority costs clients and replicas nothing, with a switchover in the middle")
    func rotation() async throws {
        try await ClusterFixture.with(poolers: 2) { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await PooledClient(cluster)
            await client.start()
            try await client.writes(100)
            let before = try await served(cluster)
            let one = cluster.node(2)
            try await cluster.command("certificates", "rotate", one)
            _ = try await eventually("a new certificate of \(one) to be shown") { () -> Bool? in
                let now = try await served(cluster)
                return now[one] != before[one] && now[cluster.node(1)] == before[cluster.node(1)] ? true : nil
            }
            let bundle = try await cluster.command("certificates", "ca")
            try await cluster.command("certificates", "rotate", "--ca")
            try await cluster.command("switchover")
            try await client.writes(100)
            _ = try await eventually("the authority to be another one") { () -> Bool? in
                let list = try await cluster.command("certificates")
                guard !list.contains("next authority"), !list.contains("previous authority") else { return nil }
                return try await cluster.command("certificates", "ca") != bundle ? true : nil
            }
            try await cluster.ready()
            let after = try await served(cluster)
            for node in (1...3).map(cluster.node) { #expect(after[node] != before[node], "\(node)") }
            // what is opened now is opened under the new authority, and nothing else is trusted
            try await reconnect(cluster)
            try await client.writes(200)
            await client.stop()
            try await client.check(after: "rotations")
            try await cluster.command("backup", "--type", "full")
        }
    }

    @Test(
        "a changed password of the superuser blinds nobody, and no password and no other party's key opens its sessions"
    )
    func boundaries() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1, poolers: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let primary = try await cluster.primary()
            let other = try #require((1...2).map(cluster.node).first { $0 != primary })
            let password = try await cluster.command("password", "postgres").split(separator: "\n").last.map(
                String.init)
            let file =
                "printf '%s' \"$0\" > /tmp/password; PGPASSWORD=$(cat /tmp/password) psql -XAtq \"$1\" -c 'select 1' 2>&1 || true"
            func attempt(_ words: String, password: String?) async throws -> String {
                return try await Shell.run([
                    "docker", "exec", other, "sh", "-c", file, password ?? "",
                    "host=\(primary) dbname=postgres \(words)",
                ])
            }
            // the superuser's own password, from inside the network
            for mode in ["disable", "require"] {
                let said = try await attempt("user=postgres sslmode=\(mode)", password: password)
                #expect(said.contains("FATAL"), "\(said)")
            }
            // a node's certificate: for the superuser, and for the poolers' role
            let own =
                "sslcert=/etc/controller/identity.pem sslkey=/etc/controller/identity.pem "
                + "sslrootcert=/etc/controller/cluster.crt sslmode=verify-full"
            for role in ["postgres", "pgbouncer", "controller_monitor"] {
                let said = try await attempt("user=\(role) \(own)", password: nil)
                #expect(said.contains("FATAL"), "\(role): \(said)")
            }
            // replication and rewind: a node's certificate opens them, their passwords do not
            for (role, section) in [("replicator", "replication"), ("rewinder", "rewind")] {
                let line = try await cluster.docker(
                    "exec", other, "sh", "-c",
                    "sed -n '/^    \(section):/,/password:/p' /etc/controller/patroni.yml | tail -n 1")
                let password = line.split(separator: "\"").last.map(String.init)
                #expect(line.contains("password: ") && password?.count ?? 0 >= 16)
                let mode = role == "replicator" ? "replication=1" : ""
                for way in ["disable", "require"] {
                    let said = try await attempt("user=\(role) \(mode) sslcert=none sslmode=\(way)", password: password)
                    #expect(said.contains("FATAL"), "\(role): \(said)")
                }
                let statement = mode.isEmpty ? "select 1" : "IDENTIFY_SYSTEM"
                let said = try await Shell.run([
                    "docker", "exec", other, "psql", "-XAtqw",
                    "host=\(primary) dbname=postgres user=\(role) \(mode) \(own)",
                    "-c", statement,
                ])
                #expect(!said.isEmpty, "\(role): \(said)")
            }
            try await patroniInterface(cluster, from: other, to: primary)
            // the poolers' certificate opens no session of the superuser's or of the monitor's either
            let pooler = cluster.pooler(1)
            let key = try await cluster.docker("exec", pooler, "cat", "/etc/controller/identity.pem")
            for role in ["postgres", "controller_monitor"] {
                let said = try await Shell.run(
                    [
                        "docker", "exec", other, "sh", "-c",
                        "umask 077; printf '%s' \"$0\" > /tmp/stolen.pem; psql -XAtq \"host=\(primary) dbname=postgres "
                            + "user=\(role) sslcert=/tmp/stolen.pem sslkey=/tmp/stolen.pem sslmode=require\" "
                            + "-c 'select 1' 2>&1 || true",
                        key,
                    ])
                #expect(said.contains("FATAL"), "\(role): \(said)")
            }
            // the data directory is read for a backup with the backup task's certificate, and with no other
            let reading =
                "pgbackrest --stanza=pg-ha --config=/dev/null --pg1-host=\(primary) --pg1-host-type=tls "
                + "--pg1-host-port=8432 --pg1-path=/var/lib/postgresql/data --pg1-host-ca-file=/etc/controller/cluster.crt "
                + "--repo1-path=/tmp/none --log-path=/tmp "
            for file in ["/etc/controller/identity.pem", "/tmp/stolen.pem"] {
                let said = try await Shell.run([
                    "docker", "exec", other, "sh", "-c",
                    reading + "--pg1-host-cert-file=\(file) --pg1-host-key-file=\(file) stanza-create 2>&1 || true",
                ])
                #expect(said.contains("access denied"), "\(file): \(said)")
            }
            // and the backup task's opens no session
            let task = try await Shell.run([
                "sh", "-c",
                "docker cp \(cluster.id)-backup:/etc/controller/identity.pem - | tar -xO | docker exec -i \(other) sh -c "
                    + "'umask 077; cat > /tmp/task.pem' && docker exec \(other) sh -c 'for role in postgres pgadmin; do psql "
                    + "-XAtq -w \"host=\(primary) dbname=postgres user=$role sslcert=/tmp/task.pem sslkey=/tmp/task.pem "
                    + "sslmode=require\" -c \"select 1\"; done' 2>&1 || true",
            ])
            #expect(task.components(separatedBy: "connection to server").count == 3, "\(task)")
            // replication goes over a checked connection
            let ssl = try await cluster.psql(
                primary, "select bool_and(ssl) from pg_stat_ssl join pg_stat_replication using (pid)")
            #expect(ssl == "t")

            // an application checks that the server is the cluster's, and refuses what another authority signed
            let number = (primary.last.flatMap { Int(String($0)) } ?? 1) - 1
            var configuration = PostgresConfiguration(
                host: primary, port: cluster.ports + number, user: "pgadmin",
                password: try await cluster.command("password", "pgadmin"), sslMode: .verifyFull,
                trustedAuthorities: try await cluster.command("certificates", "ca"), address: "127.0.0.1", settings: [:]
            )
            try await PostgresConnection.connect(configuration).close()
            configuration.host = other
            await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(configuration) }

            for role in ["postgres", "replicator", "rewinder"] {
                try await cluster.psql(primary, "alter role \(role) password 'other'")
            }
            try await cluster.psql(primary, "select pg_terminate_backend(pid) from pg_stat_replication")
            try await cluster.psql(
                primary,
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' and pid <> pg_backend_pid()"
            )
            let client = try await PooledClient(cluster, connections: 1)
            let mark = cluster.mark
            _ = try await cluster.docker("kill", primary)
            try await cluster.event(after: mark, "failover from \(primary) to \(other) is over")
            await client.start()
            try await client.writes(20)
            await client.stop()
            let status = try await cluster.ready()
            #expect(status.nodes.contains { $0.role == "primary" && $0.name == other })
        }
    }

    /// Patroni answers over TLS alone, and changes something only for a certificate of the cluster and the password together.
    private func patroniInterface(_ cluster: ClusterFixture, from other: String, to primary: String) async throws {
        let script = """
            import base64, re, ssl, sys, urllib.error, urllib.request
            scheme, certificate, password, method, path = sys.argv[1:]
            folder = "/etc/controller/"
            context = ssl.create_default_context(cafile=folder + "cluster.crt") if scheme == "https" else None
            if certificate != "none":
                context.load_cert_chain(certificate)
            request = urllib.request.Request(f"{scheme}://\(primary):8008{path}", method=method)
            if password == "password":
                text = open(folder + "patroni.yml").read()
                pair = "controller:" + re.search('restapi:.*?password: "(.*?)"', text, re.S).group(1)
                request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
            try:
                print(urllib.request.urlopen(request, context=context, timeout=5).status)
            except urllib.error.HTTPError as error:
                print(error.code)
            except Exception as error:
                print(type(error).__name__)
            """
        func ask(_ scheme: String, _ certificate: String, _ password: String, _ method: String, _ path: String)
            async throws -> String
        {
            try await cluster.docker(
                "exec", other, "python3", "-c", script, scheme, certificate, password, method, path)
        }
        let own = "/etc/controller/identity.pem"
        // every node takes TLS as soon as it has read its second file
        _ = try await eventually("Patroni to take TLS") { () -> Bool? in
            try await ask("https", "none", "none", "GET", "/health") == "200" ? true : nil
        }
        #expect(try await !["200", "401", "403"].contains(ask("http", "none", "password", "GET", "/health")))
        #expect(try await !["200", "401", "403"].contains(ask("http", "none", "password", "POST", "/reload")))
        #expect(try await ask("https", "none", "password", "POST", "/reload") == "403")
        #expect(try await ask("https", own, "none", "POST", "/reload") == "401")
        #expect(try await ["200", "202"].contains(ask("https", own, "password", "POST", "/reload")))
        // those that ask it from inside know how
        let list = try await cluster.docker("exec", other, "patronictl", "-c", "/etc/controller/patroni.yml", "list")
        #expect(list.contains(primary) && list.contains("Leader"), "\(list)")
        _ = try await cluster.docker("exec", primary, "belongs", "00000001.history")
        let reload = try await cluster.docker(
            "exec", other, "patronictl", "-c", "/etc/controller/patroni.yml", "reload", cluster.id, "--force")
        #expect(reload.components(separatedBy: "Reload request received").count == 3, "\(reload)")
    }

    /// The serial number of the certificate that each node's PostgreSQL shows.
    private func served(_ cluster: ClusterFixture) async throws -> [String: String] {
        var serials: [String: String] = [:]
        for node in (1...3).map(cluster.node) {
            let address = try await cluster.address(of: node)
            serials[node] = try await Shell.run([
                "sh", "-c",
                "openssl s_client -starttls postgres -connect \"$0:5432\" </dev/null 2>/dev/null | openssl x509 -noout -serial",
                address,
            ])
        }
        return serials
    }

    /// Ends every connection of replicas, so that each has to be opened anew.
    private func reconnect(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let count = "select count(*) from pg_stat_replication where state = 'streaming'"
        let pids = try await cluster.psql(primary, "select string_agg(pid::text, ',') from pg_stat_replication")
        _ = try await cluster.psql(primary, "select pg_terminate_backend(pid) from pg_stat_replication")
        _ = try await eventually("both replicas to stream again") { () -> Bool? in
            let now = try await cluster.psql(primary, "select string_agg(pid::text, ',') from pg_stat_replication")
            let streaming = try await cluster.psql(primary, count)
            return streaming == "2" && Set(now.split(separator: ",")).isDisjoint(with: pids.split(separator: ","))
                ? true : nil
        }
    }
}
