import Foundation
import TestSupport
import Testing

/// Disasters of what all stand on: a network that splits or loses, a disk that is full, a file that lies.
extension Fault {
    static let ground: [Fault] = [
        Fault(name: "N04 the primary and an etcd member are cut off from all others", inject: split),
        Fault(name: "N05 every tenth packet to the primary is lost", inject: lose),
        Fault(name: "C15 a replica's lock files name somebody who lives", inject: collide),
        Fault(name: "E08 the disk under an etcd member is full", inject: fillDisk),
    ]

    /// The larger side elects; whoever led on the smaller one has stopped taking writes by then.
    static func split(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let small = [primary, cluster.member(3)]
        let large = ((1...3).map(cluster.node) + (1...3).map(cluster.member)).filter { !small.contains($0) }
        var undo: [[String]] = []
        for name in large {
            let address = try await cluster.address(of: name)
            for member in small {
                undo.append(try await filter(cluster, member, ["INPUT", "-s", address, "-j", "DROP"]))
                undo.append(try await filter(cluster, member, ["OUTPUT", "-d", address, "-j", "DROP"]))
            }
        }
        try await anotherLeads(cluster, than: primary)
        for command in undo { _ = try? await Shell.run(command) }
    }

    /// TCP sends again, so everybody stays where they are, for longer than a lease lives.
    static func lose(_ cluster: ClusterFixture) async throws {
        let timeline = try await cluster.ready().nodes.first?.timeline ?? 0
        let rule = ["INPUT", "-m", "statistic", "--mode", "random", "--probability", "0.1", "-j", "DROP"]
        let undo = try await filter(cluster, try await cluster.primary(), rule)
        try await cluster.leaseGoesBy()
        _ = try? await Shell.run(undo)
        let after = try await cluster.ready().nodes.first?.timeline ?? 0
        #expect(after <= timeline + 1, "one failover at most")
    }

    /// When its container starts again the old postmaster's number belongs to a thread of Patroni's: in the data directory
    /// that is Patroni's to find out, beside the socket it is the image's.
    static func collide(_ cluster: ClusterFixture) async throws {
        let name = try await replica(cluster)
        let list = try await cluster.docker("exec", name, "sh", "-c", "ls /proc/$(pgrep -o -P 1)/task")
        // PostgreSQL lets its parent pass, and Patroni tells it to let pass whoever `postmaster.pid` names
        let threads = list.split(separator: "\n").dropFirst().map(String.init)
        let (one, other) = (try #require(threads.first), try #require(threads.last))
        try #require(one != other)
        cluster.kill()
        _ = try await cluster.docker("kill", name)
        let image = try await cluster.inspect(name, "{{.Config.Image}}")
        _ = try await cluster.docker(
            "run", "--rm", "--user", "999:999", "-v", "\(name)-data:/v", "--entrypoint", "sed", image, "-i",
            "1s/.*/\(one)/", "/v/data/postmaster.pid")
        let (lock, copy) = ("/var/run/postgresql/.s.PGSQL.5432.lock", cluster.directory + "/lock")
        _ = try await cluster.docker("cp", "\(name):\(lock)", copy)
        try await Shell.run(["sed", "-i", "1s/.*/\(other)/", copy])
        try await Shell.run(["chmod", "644", copy])
        _ = try await cluster.docker("cp", copy, "\(name):\(lock)")
        try cluster.run()
        try await cluster.ready()
    }

    /// It ends and cannot start, the others go on; nothing of its data is touched, and with room it is back.
    static func fillDisk(_ cluster: ClusterFixture) async throws {
        let (name, holder) = (cluster.member(2), cluster.id + "-holder")
        let volume = name + "-data"
        cluster.kill()
        _ = try await cluster.docker("rm", "-f", name)
        let labels = try await cluster.docker("volume", "inspect", "-f", "{{json .Labels}}", volume)
        _ = try await cluster.docker("volume", "rm", volume)
        // a small disk, which the holder keeps while etcd is away: it exists only as long as somebody has it mounted
        let known = try JSONDecoder().decode([String: String].self, from: Data(labels.utf8))
        let options = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=160m,mode=0777"]
        let labeled = known.flatMap { ["--label", "\($0.key)=\($0.value)"] }
        try await Shell.run(["docker", "volume", "create"] + options + labeled + [volume])
        _ = try await cluster.docker(
            "run", "-d", "--name", holder, "-v", "\(volume):/v", "--user", "0", "--entrypoint", "sleep",
            "pg-controller/etcd:3.5", "600")
        try cluster.run()
        try await cluster.ready()
        let mark = cluster.mark
        // etcd gives room back when it starts, and could use it: whatever becomes free is filled at once
        let fill = """
            touch /tmp/filling
            while [ -e /tmp/filling ]; do cat /dev/zero; sleep 0.1; done >/v/filler 2>/dev/null
            rm /v/filler
            """
        _ = try await cluster.docker("exec", "-d", holder, "sh", "-c", fill)
        _ = try await eventually("a full disk") { () -> Bool? in
            try await cluster.docker("exec", holder, "df", "/v").contains("100%") ? true : nil
        }
        // what is preallocated is written in place: its end comes when its database has to grow
        _ = try await cluster.docker("kill", name)
        let grow = "head -c 700000 /dev/zero | tr '\\0' x >/tmp/x; for i in $(seq 9); do etcdctl put big </tmp/x; done"
        _ = try await cluster.docker("exec", cluster.member(1), "sh", "-c", grow + "; etcdctl del big; rm /tmp/x")
        try await cluster.event(after: mark, "CrashLoop is True", name)
        _ = try await eventually("its last lines to say why") { () -> Bool? in
            let loops = try await cluster.status().conditions.filter { $0.type == "CrashLoop" }
            return loops.contains { $0.details.contains { $0.contains("no space left on device") } } ? true : nil
        }
        _ = try await cluster.docker("exec", holder, "rm", "/tmp/filling")
        try await cluster.ready()
        #expect(!cluster.told(after: mark, "remove member"))
        // on a disk of its own again
        cluster.kill()
        _ = try await cluster.docker("rm", "-f", name, holder)
        _ = try await cluster.docker("volume", "rm", volume)
        try cluster.run()
    }
}
