import Foundation
import TestSupport
import Testing

/// Disasters of Patroni, etcd, the network and the controller itself.
extension Fault {
    static let more: [Fault] = [
        Fault(name: "P02 Patroni dies in the primary's container", inject: killPatroni),
        Fault(name: "N01 the primary cannot reach etcd", inject: cutFromStore),
        Fault(name: "N03 nothing reaches a replica", inject: cutReplica),
        Fault(name: "C04 the primary is frozen", inject: freezePrimary),
        Fault(name: "C05 a person restarts the primary's container", inject: restartPrimary),
        Fault(name: "N02 the primary is taken off the network", inject: disconnectPrimary),
        Fault(name: "P03 only the primary's REST API is silent", inject: silenceREST),
        Fault(name: "P12 a switchover whose target is killed", inject: breakSwitchover),
        Fault(name: "E02 etcd's leader is frozen", inject: freezeStore),
        Fault(name: "P14 the primary dies just after nobody could reach etcd", inject: killAfterFailsafe),
        Fault(name: "K16 the primary dies while there is no controller", inject: withoutController),
        Fault(name: "K03 the controller is stopped, and goes on after another led", inject: stopController),
        Fault(name: "E05 every etcd member loses its data", inject: loseStore),
        Fault(name: "E05 every etcd member loses its data, and all nodes are killed", inject: loseStoreAndNodes),
    ]

    /// PostgreSQL must not go on without Patroni: the container ends with it, and the kernel ends the rest.
    static func killPatroni(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let before = try await cluster.inspect(primary, "{{.State.StartedAt}}")
        _ = try await cluster.docker("exec", primary, "sh", "-c", "kill -9 $(pgrep -o -P 1)")
        _ = try await eventually("the container to end with Patroni", within: .seconds(10)) { () -> Bool? in
            let now = try await cluster.inspect(primary, "{{.State.StartedAt}} {{.State.Running}}")
            return now == before + " true" ? nil : true
        }
    }

    /// A filter in the network namespace of a node; gone with it when the container is killed.
    static func filter(_ cluster: ClusterFixture, _ node: String, _ rule: [String]) async throws -> [String] {
        let pid = try await cluster.inspect(node, "{{.State.Pid}}")
        let into = ["nsenter", "-t", pid, "-n", "iptables", "-w"]
        try await Shell.run(into + ["-A"] + rule)
        return into + ["-D"] + rule
    }

    private static let toStore = ["OUTPUT", "-p", "tcp", "--dport", "2379", "-j", "DROP"]

    /// Who leads by etcd's word; nil while nobody does.
    static func leaderKey(_ cluster: ClusterFixture) async throws -> String? {
        let key = "/service/\(cluster.id)/leader"
        let text = try await cluster.docker("exec", cluster.member(1), "etcdctl", "get", "--print-value-only", key)
        // between the lines there may be warnings of etcdctl's
        return text.split(separator: "\n").map(String.init).last { $0.hasPrefix(cluster.id + "-pg-") }
    }

    /// It lives, so its key is never released for it: Patroni decides when the lease has ended.
    static func cutFromStore(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        let undo = try await filter(cluster, primary, toStore)
        _ = try await eventually("the lease to end") { () -> Bool? in
            try await leaderKey(cluster) == primary ? nil : true
        }
        #expect(!cluster.told(after: mark, "release the leader key of \(primary)"))
        _ = try? await Shell.run(undo)
    }

    /// Packets to a replica are lost: the sync set shrinks without it, and writes go on.
    static func cutReplica(_ cluster: ClusterFixture) async throws {
        let status = try await cluster.ready()
        let name = try #require(status.nodes.first { $0.synchronous }?.name)
        let before = status.nodes.first?.timeline
        let mark = cluster.mark
        let undo = try await filter(cluster, name, ["INPUT", "-j", "DROP"])
        // whichever comes first: its sender gives up, or it is killed because its lease is not renewed, and is back at once
        _ = try await eventually("it to be out of the way") { () -> Bool? in
            if cluster.told(after: mark, "kill ", "\(name) neither answers nor renews") { return true }
            return try await cluster.status().nodes.contains { $0.synchronous && $0.name != name } ? true : nil
        }
        _ = try? await Shell.run(undo)
        #expect(try await cluster.ready().nodes.first?.timeline == before)
    }

    /// It leads, so it thaws, and nobody else leads meanwhile.
    static func freezePrimary(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        _ = try await cluster.docker("pause", primary)
        try await cluster.event(after: mark, primary, "unpause")
        try await cluster.ready()
        #expect(try await cluster.primary() == primary)
    }

    /// Patroni hands the key over in its orderly end.
    static func restartPrimary(_ cluster: ClusterFixture) async throws {
        let timeline = try await cluster.ready().nodes.first?.timeline ?? 0
        _ = try await cluster.docker("restart", "-t", "30", try await cluster.primary())
        let after = try await cluster.ready().nodes.first?.timeline ?? 0
        #expect(after <= timeline + 1, "one failover at most")
    }

    /// It runs, so nothing is released for it; it is connected again.
    static func disconnectPrimary(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        _ = try await cluster.docker("network", "disconnect", cluster.network, primary)
        try await cluster.event(after: mark, primary, "connect")
    }

    /// The lease is renewed, so silence means nothing, for longer than the lease would live.
    static func silenceREST(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let status = try await cluster.ready()
        let primary = try await cluster.primary()
        let undo = try await filter(cluster, primary, ["INPUT", "-p", "tcp", "--dport", "8008", "-j", "DROP"])
        try await cluster.leaseGoesBy()
        _ = try? await Shell.run(undo)
        #expect(!cluster.told(after: mark, "neither answers nor renews its lease"))
        let after = try await cluster.ready()
        #expect(after.nodes.first?.timeline == status.nodes.first?.timeline)
    }

    /// Whoever leads in the end, the request is not repeated blindly.
    static func breakSwitchover(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let status = try await cluster.ready()
        let target = try #require(status.nodes.first { $0.synchronous }?.name)
        async let request: String? = try? cluster.docker(
            "exec", primary, "patronictl", "-c", "/etc/controller/patroni.yml", "switchover", cluster.id, "--leader",
            primary, "--candidate", target, "--force")
        _ = try await eventually("the switchover to begin") { () -> Bool? in
            try await leaderKey(cluster) == primary ? nil : true
        }
        _ = try await cluster.docker("kill", target)
        _ = await request
    }

    /// Its followers elect another; it is thawed; PostgreSQL's leader stays.
    static func freezeStore(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let timeline = try await timeline(cluster)
        let leader = try await eventually("etcd's leader") { () -> String? in
            for number in 1...3 {
                let state = try await cluster.docker(
                    "exec", cluster.member(number), "etcdctl", "endpoint", "status", "-w", "json")
                let parts = state.split(separator: ",")
                let own = parts.first { $0.contains("\"member_id\":") }?.split(separator: ":").last
                let led = parts.first { $0.contains("\"leader\":") }?.split(separator: ":").last
                if let own, own == led { return cluster.member(number) }
            }
            return nil
        }
        _ = try await cluster.docker("pause", leader)
        try await cluster.event(after: mark, leader, "unpause")
        #expect(try await self.timeline(cluster) == timeline)
    }

    /// The primary's timeline, as soon as its Patroni tells of it.
    private static func timeline(_ cluster: ClusterFixture) async throws -> Int {
        try await eventually("the primary's timeline") { () -> Int? in
            let nodes = try await cluster.ready().nodes
            return nodes.first { $0.role == "primary" }?.timeline
        }
    }

    /// The replicas remember for a while that the leader was alive: that costs up to a lease, and nobody forces it.
    static func killAfterFailsafe(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        var undo: [[String]] = []
        for number in 1...3 { undo.append(try await filter(cluster, cluster.node(number), toStore)) }
        _ = try await eventually("Patroni's failsafe mode") { () -> Bool? in
            let log = try await cluster.docker("logs", "--since", "20s", primary)
            return log.contains("failsafe mode is enabled") ? true : nil
        }
        for command in undo { _ = try? await Shell.run(command) }
        _ = try await cluster.docker("kill", primary)
    }

    static func anotherLeads(_ cluster: ClusterFixture, than primary: String) async throws {
        _ = try await eventually("Patroni's own failover") { () -> Bool? in
            let key = try await leaderKey(cluster)
            return key == nil || key == primary ? nil : true
        }
    }

    static func withoutController(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        cluster.kill()
        _ = try await cluster.docker("kill", primary)
        try await anotherLeads(cluster, than: primary)
        try cluster.run()
    }

    /// What it had planned before is not done afterwards: it looks again first.
    static func stopController(_ cluster: ClusterFixture) async throws {
        let status = try await cluster.ready()
        let primary = try await cluster.primary()
        let mark = cluster.mark
        cluster.signal(SIGSTOP)
        _ = try await cluster.docker("kill", primary)
        try await anotherLeads(cluster, than: primary)
        cluster.signal(SIGCONT)
        let after = try await cluster.ready()
        #expect(!cluster.told(after: mark, "release the leader key"))
        #expect(after.nodes.first?.timeline == status.nodes.first?.timeline.map { $0 + 1 })
    }

    private static func forgetStore(_ cluster: ClusterFixture) async throws {
        let members = (1...3).map(cluster.member)
        _ = try await Shell.run(["docker", "rm", "-f"] + members)
        _ = try await cluster.docker(["volume", "rm"] + members.map { $0 + "-data" })
    }

    private static let identifier = "select system_identifier from pg_control_system()"

    /// The store is bootstrapped again around the same cluster; whoever leads then has everything.
    static func loseStore(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let before = try await cluster.psql(try await cluster.primary(), identifier)
        // what counts is the moment when all are gone together
        cluster.kill()
        try await forgetStore(cluster)
        try cluster.run()
        try await cluster.event(after: mark, "write /service/\(cluster.id)/initialize unless it exists")
        try await cluster.ready()
        #expect(try await cluster.psql(try await cluster.primary(), identifier) == before)
    }

    /// The primary has stepped back before, because it had no etcd any more, and all nodes end: nobody remembers who
    /// led. One replica is far behind.
    static func loseStoreAndNodes(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let before = try await cluster.psql(try await cluster.primary(), identifier)
        let status = try await cluster.ready()
        let late = try #require(status.nodes.first { $0.role == "replica" && !$0.synchronous }?.name)
        cluster.kill()
        _ = try await cluster.docker("pause", late)
        try await forgetStore(cluster)
        _ = try await Shell.run(["docker", "kill"] + (1...3).map(cluster.node))
        try cluster.run()
        try await cluster.event(after: mark, "write /service/\(cluster.id)/initialize unless it exists")
        try await cluster.ready()
        #expect(try await cluster.psql(try await cluster.primary(), identifier) == before)
        #expect(try await cluster.primary() != late)
    }
}
