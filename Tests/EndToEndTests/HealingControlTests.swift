import Foundation
import TestSupport
import Testing

/// What the controller stands on goes bad: etcd, ports, its manifest, a second controller, Docker's API.
@Suite("A controller whose ground shakes")
struct HealingControlTests {
    @Test("goes on: a full store, a lost one, a taken port, a broken manifest, a rival")
    func heals() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            try cluster.edit("    clientPort:", "    quota: 16MiB\n    clientPort:")
            try cluster.run()
            try await cluster.ready()
            try await cluster.psql(try await cluster.primary(), "create table kept as select 7 as n")
            try await fillStore(cluster)
            try await loseStore(cluster)
            try await takePort(cluster)
            try await breakManifest(cluster)
            try await rival(cluster)
            try await fillState(cluster)
            try await jumpingClock(cluster)
            #expect(try await cluster.psql(try await cluster.primary(), "select n from kept") == "7")
        }
    }

    /// E07: etcd's history fills its quota; it is compacted, defragmented, and the alarm disarmed.
    private func fillStore(_ cluster: ClusterFixture) async throws {
        _ = try? await Shell.run([
            "docker", "exec", cluster.member(1), "sh", "-c",
            "head -c 700000 /dev/zero | tr '\\0' x > /tmp/x; for i in $(seq 40); do etcdctl put big < /tmp/x || exit 0; done",
        ])
        let alarms = try await cluster.docker("exec", cluster.member(1), "etcdctl", "alarm", "list")
        if !alarms.contains("NOSPACE") { try await cluster.event("disarm noSpace") }
        try await cluster.event("compact up to revision")
        try await cluster.event("disarm noSpace")
        try await cluster.ready()
        #expect(try await cluster.docker("exec", cluster.member(1), "etcdctl", "alarm", "list") == "")
    }

    /// E06: the only member loses everything; the store is bootstrapped again around the data, which stays the same cluster.
    private func loseStore(_ cluster: ClusterFixture) async throws {
        let identifier = "select system_identifier from pg_control_system()"
        let before = try await cluster.psql(try await cluster.primary(), identifier)
        _ = try await eventually("the volume to go") {
            _ = try await cluster.docker("rm", "-f", cluster.member(1))
            return try await cluster.docker("volume", "rm", cluster.member(1) + "-data")
        }
        try await cluster.event("write /service/\(cluster.id)/initialize unless it exists")
        try await cluster.ready()
        #expect(try await cluster.psql(try await cluster.primary(), identifier) == before)
        #expect(try await cluster.psql(try await cluster.primary(), "select n from kept") == "7")
    }

    /// N09: the console's new port is somebody else's: that alone waits, and says for what.
    private func takePort(_ cluster: ClusterFixture) async throws {
        let port = cluster.ports + 81
        let rival = cluster.id + "-rival"
        _ = try await cluster.docker(
            "run", "-d", "--name", rival, "--label", "io.pg-controller.cluster=\(cluster.id)-foreign", "-p",
            "127.0.0.1:\(port):80", "--entrypoint", "sleep", "pg-controller/etcd:3.5", "600")
        try cluster.edit("port: \(cluster.ports + 80)", "port: \(port)")
        let status = try await eventually("PortTaken") { () -> Status? in
            let status = try await cluster.status()
            return status.has("PortTaken") ? status : nil
        }
        #expect(status.conditions.contains { $0.type == "PortTaken" && $0.message.contains("\(port)") })
        #expect(status.nodes.contains { $0.role == "primary" && $0.state == "running" })
        _ = try await cluster.docker("rm", "-f", rival)
        try await cluster.ready()
    }

    /// K05, K06: a manifest that is broken, then gone, then a directory changes nothing, and healing goes on.
    private func breakManifest(_ cluster: ClusterFixture) async throws {
        let good = try String(contentsOfFile: cluster.manifest, encoding: .utf8)
        let replica = try await eventually("a replica") {
            try await cluster.status().nodes.first { $0.role == "replica" }?.name
        }
        var mark = cluster.mark
        try (good + "\nfoo: [").write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
        try await cluster.event(after: mark, "ManifestInvalid is True", "cluster.yaml:")
        _ = try await cluster.docker("rm", "-f", replica)
        try await cluster.event(after: mark, replica, "create container")
        for path in ["file", "directory"] {
            mark = cluster.mark
            try FileManager.default.removeItem(atPath: cluster.manifest)
            if path == "directory" {
                try FileManager.default.createDirectory(atPath: cluster.manifest, withIntermediateDirectories: false)
            }
            _ = try await eventually("\(replica) to run, and be killed") { try await cluster.docker("kill", replica) }
            try await cluster.event(after: mark, replica, "start ")
            if path == "directory" { try FileManager.default.removeItem(atPath: cluster.manifest) }
            try good.write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
        }
        try await cluster.ready()
    }

    /// K02: a second controller for the same cluster on the same host gives up, whatever its state directory.
    private func rival(_ cluster: ClusterFixture) async throws {
        for state in [cluster.state, cluster.directory + "/rival"] {
            let error = await #expect(throws: ShellError.self) {
                try await Shell.run([
                    Program.path, "run", "--manifest", cluster.manifest, "--state-dir", state,
                ])
            }
            #expect(error?.description.contains("exit 3") == true, "\(error?.description ?? "it ran")")
        }
    }

    /// K10: the state directory cannot be written to; a failover does not need it.
    private func fillState(_ cluster: ClusterFixture) async throws {
        let events = "\(cluster.state)/\(cluster.id)/events.jsonl"
        try FileManager.default.moveItem(atPath: events, toPath: events + ".old")
        // the kernel's own full disk
        try FileManager.default.createSymbolicLink(atPath: events, withDestinationPath: "/dev/full")
        let before = try await cluster.primary()
        _ = try await cluster.docker("kill", before)
        let after = try await eventually("another primary") { () -> String? in
            let name = try await cluster.primary()
            return name == before ? nil : name
        }
        #expect(after != before)
        try FileManager.default.removeItem(atPath: events)
        try FileManager.default.moveItem(atPath: events + ".old", toPath: events)
        try await cluster.ready()
    }

    /// K12: the controller's wall clock jumps an hour ahead, then back again. Nobody fails over for it, no schedule runs
    /// twice, and a failover is as quick as ever.
    private func jumpingClock(_ cluster: ClusterFixture) async throws {
        let (clock, library) = (cluster.directory + "/clock", cluster.directory + "/clock.so")
        func jump(_ offset: String) throws { try offset.write(toFile: clock, atomically: true, encoding: .utf8) }
        try Self.clockThatJumps.write(toFile: library + ".c", atomically: true, encoding: .utf8)
        try await Shell.run(["cc", "-shared", "-fPIC", "-o", library, library + ".c"])
        cluster.kill()
        try jump("+0")
        try cluster.run(environment: ["LD_PRELOAD": library, "TEST_CLOCK": clock])
        try await cluster.ready()
        let before = try await cluster.status().nodes.first { $0.role == "primary" }
        let backups = try await cluster.command("backups").split(separator: "\n").count
        for offset in ["+3600", "-3600"] {
            try jump(offset)
            // whatever the controller writes now, it writes with the new time
            let mark = cluster.mark
            _ = try await cluster.docker("kill", cluster.console)
            try await cluster.event(after: mark, cluster.console, "start ")
            let told = cluster.events(after: mark, "start ").first ?? ""
            let time = try #require(told.firstMatch(of: /"time":"([^"]+)"/)?.1)
            let strategy = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            let ahead = try Date(String(time), strategy: strategy).timeIntervalSinceNow
            #expect(abs(ahead - (Double(offset) ?? 0)) < 300, "\(offset): \(time)")
            if offset.hasPrefix("-") { try await cluster.leaseGoesBy() }
            try await cluster.ready()
            let after = try await cluster.status().nodes.first { $0.role == "primary" }
            #expect(after?.name == before?.name && after?.timeline == before?.timeline)
        }
        #expect(try await cluster.command("backups").split(separator: "\n").count <= backups + 1)
        let primary = try await cluster.primary()
        let mark = cluster.mark
        _ = try await cluster.docker("kill", primary)
        try await cluster.event(after: mark, "release the leader key of \(primary)")
        cluster.kill()
        try cluster.run()
        try await cluster.ready()
    }

    /// The wall clock with an offset from a file, and nothing else: libfaketime also breaks timers that are monotonic.
    private static let clockThatJumps = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t id, struct timespec *now) {
            int status = syscall(SYS_clock_gettime, id, now);
            if (status || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return status;
            char text[16] = {0};
            int file = open(getenv("TEST_CLOCK"), O_RDONLY | O_CLOEXEC);
            if (file >= 0 && read(file, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
            if (file >= 0) close(file);
            return 0;
        }

        """

    @Test("with a silent stream of events, or one container that Docker says nothing of, the others are healed")
    func halfBlind() async throws {
        try await ClusterFixture.with(nodes: 3, etcd: 1) { cluster in
            let proxy = try EngineProxy(path: cluster.directory + "/docker.sock")
            defer { proxy.close() }
            try cluster.run(docker: "unix://" + proxy.path)
            try await cluster.ready()
            // D05: neither etcd nor a session tells of the console
            proxy.turn(.numb)
            let mark = cluster.mark
            _ = try await cluster.docker("kill", cluster.console)
            let killed = ContinuousClock.now
            try await cluster.event(after: mark, cluster.console, "start ")
            #expect(ContinuousClock.now - killed < .seconds(11))
            proxy.turn(.healthy)
            // D04: a replica that cannot take over; the failover and the other one do not wait for it
            let status = try await cluster.ready()
            let mute = try #require(status.nodes.first { $0.role == "replica" && !$0.synchronous }?.name)
            let primary = try await cluster.primary()
            let before = cluster.mark
            proxy.turn(.mute(try await cluster.inspect(mute, "{{.Id}}")))
            _ = try await cluster.docker("kill", primary)
            try await cluster.event(after: before, "release the leader key of \(primary)")
            try await cluster.event(after: before, primary, "start ")
            let waiting = try await cluster.status().waiting
            #expect(!cluster.told(after: before, "EngineUnreachable"), "\(waiting)")
            #expect(!cluster.told(after: before, "container \(mute)"))
            proxy.turn(.healthy)
            try await cluster.ready()
        }
    }

    @Test("with Docker's API deaf, failing, slow or hung, nothing wrong is done and the cluster heals")
    func badEngine() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            let proxy = try EngineProxy(path: cluster.directory + "/docker.sock")
            defer { proxy.close() }
            try cluster.append("  patroni: {ttl: 20s, loopWait: 5s, retryTimeout: 5s}\n")
            try cluster.run(docker: "unix://" + proxy.path)
            try await cluster.ready()
            for mood in [EngineProxy.ProxyFault.deaf, .failing, .slow(milliseconds: 150)] {
                proxy.turn(mood)
                let before = try await cluster.primary()
                _ = try await cluster.docker("kill", before)
                _ = try await eventually("another primary under \(mood)") { () -> Bool? in
                    try await cluster.primary() == before ? nil : true
                }
                try await cluster.ready()
            }
            // D03: nothing of Docker answers; Patroni fails over by itself, and the dead node stays down until then
            proxy.turn(.hung)
            let before = try await cluster.primary()
            _ = try await cluster.docker("kill", before)
            _ = try await eventually("Patroni's own failover") { () -> Bool? in
                try await cluster.primary() == before ? nil : true
            }
            proxy.turn(.healthy)
            try await cluster.ready()
        }
    }
}
