import Foundation
import TestSupport
import Testing

/// Who acts, what it knows, and what its commands say.
@Suite("The controller's hold on a cluster")
struct ControlTests {
    @Test(
        "one controller acts: a second one, wherever it runs, ends with exit code 3; a killed one is followed at once")
    func lock() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let lock = "\(cluster.id)-controller-lock"
            // another network namespace and another state directory: neither a socket nor a file tells them apart
            let rival = [
                "unshare", "-n", "timeout", "30", Program.path, "run", "--manifest", cluster.manifest, "--state-dir",
                cluster.directory + "/rival",
            ]
            let refusal = await #expect(throws: ShellError.self) { try await Shell.run(rival) }
            let words = refusal?.description ?? "it ran"
            #expect(words.contains("exit 3") && words.contains("acts for cluster \(cluster.id) since"), "\(words)")
            #expect(words.contains(lock))
            // K02, K04: nobody waits for a lock whose holder was killed
            cluster.kill()
            let mark = cluster.mark
            try cluster.run()
            _ = try await cluster.docker("kill", cluster.console)
            try await cluster.event(after: mark, cluster.console, "start ")
            try await cluster.ready()
            #expect(try await cluster.inspect(lock, "{{.State.Running}}") == "true")
            // a person removes it: it is made again, and nothing else happens
            let before = try await cluster.inspect(lock, "{{.Id}}")
            _ = try await cluster.docker("rm", "-f", lock)
            _ = try await eventually("another lock") { () -> Bool? in
                try await cluster.inspect(lock, "{{.Id}} {{.State.Running}}") != "\(before) true" ? true : nil
            }
            // an orderly end leaves nothing
            cluster.signal(SIGTERM)
            _ = try await eventually("the lock to go") { () -> Bool? in
                try await cluster.docker("ps", "-aq", "--filter", "name=\(lock)").isEmpty ? true : nil
            }
            // one that was never started belongs to nobody, and a foreign one is left alone
            _ = try await cluster.docker(
                "create", "--name", lock, "--label", "io.pg-controller.lock=\(cluster.id)", "pg-controller/etcd:3.5")
            try await cluster.command("apply", "--timeout", "120")
            _ = try await eventually("the lock to go") { () -> Bool? in
                try await cluster.docker("ps", "-aq", "--filter", "name=\(lock)").isEmpty ? true : nil
            }
            _ = try await cluster.docker("create", "--name", lock, "pg-controller/etcd:3.5")
            let foreign = try await cluster.attempt(["apply"])
            #expect(foreign.status == 1 && foreign.output.contains("rename or remove it"), "\(foreign)")
            _ = try await cluster.docker("rm", "-f", lock)
        }
    }

    @Test("secrets of a living cluster are read back or named, and never made again")
    func secrets() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1, poolers: 1) { cluster in
            try cluster.append("  roles:\n    - {name: app, login: true}\n")
            let folder = "\(cluster.state)/\(cluster.id)/secrets"
            func kept() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? [] }
            // a plan for a cluster that does not exist makes nothing
            try await cluster.command("plan")
            #expect(kept().isEmpty)
            let early = try await cluster.attempt(["password", "pgadmin"])
            #expect(early.status == 6 && kept().isEmpty, "\(early)")
            try cluster.run()
            try await cluster.ready()
            func secret(_ name: String) throws -> String {
                try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).trimmingCharacters(in: .newlines)
            }
            let all = kept()
            let values = try all.map(secret)
            let verifiers = "select rolname, rolpassword from pg_authid where rolpassword is not null order by 1"
            let before = try await cluster.psql(cluster.node(1), verifiers)
            cluster.kill()
            try FileManager.default.moveItem(atPath: folder, toPath: folder + ".kept")
            // what only looks finds what it needs, and writes nothing
            #expect(try await cluster.status().nodes.first?.role == "primary")
            #expect(try await cluster.attempt(["password", "pgadmin"]).status == 6)
            #expect(
                try await cluster.command("password", "postgres")
                    == values[try #require(all.firstIndex(of: "postgres-superuser"))])
            #expect(kept().isEmpty)
            try cluster.run()
            let asked = ["patroni-rest", "postgres-superuser", "postgres-replication", "postgres-rewind"]
            let files = ["repository-passphrase"]
            let readBack = (asked + files).filter(all.contains)
            // `status` looks by itself: that it names what is lost does not say that the new controller has read yet
            let status = try await eventually("SecretLost, and the others read back") { () -> Status? in
                let status = try await cluster.status()
                let lost = status.conditions.filter { $0.type == "SecretLost" }
                return lost.count >= 3 && readBack.allSatisfy(kept().contains) ? status : nil
            }
            #expect(status.conditions.contains { $0.type == "SecretLost" && $0.message.contains("--rotate app") })
            for name in readBack {
                #expect(try secret(name) == values[try #require(all.firstIndex(of: name))], "\(name)")
            }
            #expect(try await cluster.psql(cluster.node(1), verifiers) == before)
            // a role that is new gets its password, and one that a person asks for is made
            try cluster.append("    - {name: later, login: true}\n")
            _ = try await eventually("a password for the new role") { () -> Bool? in
                let count = "select count(*) from pg_authid where rolname = 'later' and rolpassword is not null"
                return try await cluster.psql(cluster.node(1), count) == "1" ? true : nil
            }
            for role in ["pgadmin", "console", "app"] { try await cluster.command("password", "--rotate", role) }
            try await cluster.ready()
            // the authority's key is in no container: another one has taken its place, trusted first
            #expect(try secret("authority") != values[try #require(all.firstIndex(of: "authority"))])
            #expect(!kept().contains { $0 == "authority-next" || $0 == "authority-previous" })
            #expect(try await cluster.psql(cluster.node(1), verifiers) != before)
            // with the containers gone nothing can be read back: nothing is made, and the way out is named
            cluster.kill()
            try await cluster.command("destroy", "--yes", cluster.id)
            try FileManager.default.removeItem(atPath: folder + "/postgres-superuser")
            for command in ["apply", "run", "plan", "status"] {
                let refused = try await cluster.attempt([command])
                #expect(refused.status == 6 && refused.output.contains("postgres-superuser"), "\(command): \(refused)")
            }
            #expect(!kept().contains("postgres-superuser"))
        }
    }

    @Test("status --wait returns when every node runs with what was changed, and not before")
    func waits() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            for (parameter, values) in [
                ("max_connections", ["100", "110", "120", "130"]), ("work_mem", ["3MB", "4MB"]),
            ] {
                for (old, new) in zip(values, values.dropFirst()) {
                    if parameter == "work_mem", old == values[0] {
                        try cluster.edit("max_connections: 130", "max_connections: 130\n      work_mem: \(old)")
                        try await cluster.command("status", "--wait", "--timeout", "120")
                    }
                    try cluster.edit("\(parameter): \(old)", "\(parameter): \(new)")
                    try await cluster.command("status", "--wait", "--timeout", "120")
                    for number in 1...2 {
                        let shown = try await cluster.psql(cluster.node(number), "show \(parameter)")
                        #expect(shown == new, "\(parameter) on \(cluster.node(number))")
                    }
                }
            }
        }
    }

    @Test("a backup that is asked for while another one is under way is refused, and says whose it is")
    func twoBackups() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            async let first = cluster.attempt(["backup", "--type", "incr"])
            _ = try await eventually("the request to lie in etcd") { () -> Bool? in
                let key = "/controller/\(cluster.id)/requests/backup"
                return try await cluster.docker("exec", cluster.member(1), "etcdctl", "get", key).isEmpty ? nil : true
            }
            let second = try await cluster.attempt(["backup", "--type", "full"])
            #expect(second.status == 1 && second.output.contains("an incremental backup, asked for by"), "\(second)")
            #expect(try await first.output.contains("(incr) is in the repository"))
            let third = try await cluster.command("backup", "--type", "full")
            #expect(third.contains("(full) is in the repository"))
        }
    }
}
