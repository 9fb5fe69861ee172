import DockerAPI
import EtcdClient
import Foundation
import Model
import Testing

@testable import LiveWorld

@Suite("Which events make the controller look")
struct RelevanceTests {
    private let cluster = Cluster(name: "shop")

    private func event(_ type: String, _ action: String, id: String = "x", _ attributes: [String: String] = [:]) throws
        -> DockerEvent
    {
        let json: [String: Any] = [
            "Type": type, "Action": action, "Actor": ["ID": id, "Attributes": attributes], "time": 1_700_000_000,
            "timeNano": 1_700_000_000_000_000_000,
        ]
        return try JSONDecoder().decode(DockerEvent.self, from: try JSONSerialization.data(withJSONObject: json))
    }

    private func isOurs(_ event: DockerEvent) -> Bool { Relevance.isOurs(event, cluster: cluster) }

    @Test("what happens to our containers, by label or by a name that we want")
    func containers() throws {
        let ours = ["name": "anything", Label.cluster: "shop"]
        for action in ["die", "start", "oom", "destroy", "rename", "exec_die", "health_status: unhealthy"] {
            #expect(isOurs(try event("container", action, ours)), "\(action)")
        }
        #expect(isOurs(try event("container", "create", ["name": "pg-node-1"])))
        #expect(!isOurs(try event("container", "die", ["name": "web", Label.cluster: "other"])))
        #expect(!isOurs(try event("container", "die", ["name": "web"])))
    }

    @Test("not what a look itself causes: it would look for ever")
    func questions() throws {
        let ours = ["name": "pg-node-1", Label.cluster: "shop"]
        for action in ["exec_create: psql", "exec_start: psql", "archive-path", "extract-to-dir", "export", "top"] {
            #expect(!isOurs(try event("container", action, ours)), "\(action)")
        }
        let reader = ours.merging([Label.component: Component.reader.rawValue]) { $1 }
        #expect(!isOurs(try event("container", "create", reader)))
    }

    @Test("our network, and volumes that come or go")
    func others() throws {
        #expect(isOurs(try event("network", "disconnect", ["name": cluster.network.name.text])))
        #expect(isOurs(try event("network", "disconnect", ["name": cluster.network.clientsName.text])))
        #expect(!isOurs(try event("network", "disconnect", ["name": "bridge"])))
        #expect(isOurs(try event("volume", "destroy", id: "pg-node-1-data")))
        #expect(!isOurs(try event("volume", "mount", id: "pg-node-1-data")))
        #expect(!isOurs(try event("image", "pull", id: "postgres:18")))
    }

    @Test("a container for which Docker did not answer is asked for again once Docker is done with it")
    func silence() async throws {
        let cache = EngineCache()
        let (slow, other) = (ContainerID("slow"), ContainerID("other"))
        await cache.noteSilence(of: slow)
        await cache.noteSilence(of: other)
        #expect(Relevance.settled(by: try event("container", "exec_die", id: "slow")) == nil)
        #expect(Relevance.settled(by: try event("network", "connect", ["container": "slow"])) == nil)
        for ended in [
            try event("network", "disconnect", ["container": "slow"]), try event("container", "die", id: "slow"),
            try event("container", "start", id: "slow"),
        ] {
            let id = try #require(Relevance.settled(by: ended))
            #expect(id == slow)
            await cache.noteSilence(of: id)
            await cache.noteEndOfSilence(of: id)
            #expect(await !cache.isSilent(slow))
        }
        #expect(await cache.isSilent(other))
    }

    @Test("what can be the last thing that the proof of a death needs calls the failover lane")
    func deaths() throws {
        for action in ["die", "destroy"] { #expect(Relevance.mayProveDeath(try event("container", action))) }
        #expect(Relevance.mayProveDeath(try event("network", "disconnect")))
        for (type, action) in [
            ("container", "start"), ("container", "exec_die"), ("network", "connect"), ("volume", "destroy"),
        ] {
            #expect(!Relevance.mayProveDeath(try event(type, action)), "\(type) \(action)")
        }
    }

    @Test("what may take long is waited for in the background; what decides who leads never is")
    func mayTakeLong() {
        #expect(Effect.sql("pg-node-1", .script("postgres", "SELECT 1")).mayTakeLong)
        #expect(Effect.etcd(.defragment("etcd-1")).mayTakeLong)
        #expect(Effect.docker(.local, .remove("c1")).mayTakeLong)
        #expect(!Effect.docker(.local, .start("c1")).mayTakeLong)
        #expect(!Effect.docker(.local, .kill("c1")).mayTakeLong)
        let key = LeaderKey(node: "pg-node-1", lease: 7, createRevision: 10, modRevision: 10)
        #expect(!Effect.etcd(.releaseLeader(prefix: "/service/shop/", key, candidate: nil)).mayTakeLong)
    }

    @Test("a watch that begins, breaks, or has lost something; not its progress")
    func watch() {
        #expect(Relevance.isDecision(.established(revision: 1), prefix: "/service/shop/"))
        #expect(!Relevance.isDecision(.progress(revision: 2), prefix: "/service/shop/"))
    }
}
