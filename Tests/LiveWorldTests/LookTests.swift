import DockerAPI
import Foundation
import Model
import Testing

@testable import LiveWorld

@Suite("What a look takes for an answer, and what makes it look again")
struct LookTests {
    @Test("a task's result is the last line of its log that is one")
    func results() {
        let result = #"task: {"verb": "drill", "seconds": 3.5}"#
        #expect(LiveWorld.result(in: ["task: restored", result])?["verb"]?.string == "drill")
        // the end of the other output may come last
        #expect(LiveWorld.result(in: [result, "P00   INFO: done"])?["verb"]?.string == "drill")
        #expect(LiveWorld.result(in: []) == nil)
        #expect(LiveWorld.result(in: ["task: a word", "task: {\"verb\": \"dri"]) == nil)
        #expect(LiveWorld.result(in: [#"task: {"seconds": 3.5}"#]) == nil)
        #expect(LiveWorld.result(in: [result] + Array(repeating: "LOG: more", count: 30)) == nil)
    }

    @Test("our own readers, exports and questions are no reason to look again")
    func relevance() throws {
        var cluster = Cluster(name: "demo")
        cluster.nodes.count = 1
        func isOurs(_ verb: String, _ component: Component) throws -> Bool {
            let text = """
                {"Type":"container","Action":"\(verb)","time":1,"timeNano":1000000000,
                "Actor":{"ID":"c1","Attributes":{"name":"demo-x","io.pg-controller.cluster":"demo",
                "io.pg-controller.component":"\(component.rawValue)"}}}
                """
            let event = try JSONDecoder().decode(DockerEvent.self, from: Data(text.utf8))
            return Relevance.isOurs(event, cluster: cluster)
        }
        #expect(try isOurs("create", .node) && isOurs("destroy", .node) && isOurs("die", .task))
        #expect(try !isOurs("create", .reader) && !isOurs("destroy", .reader))
        #expect(try !isOurs("export", .node) && !isOurs("archive-path", .node) && !isOurs("exec_create", .node))
    }

    @Test("what was seen in a volume is good for one rest of the container, for a while, and until any container ends")
    func keepsData() async {
        let cache = ContainerCache()
        await cache.keep(data: .empty, of: "a", occasion: "t1", ticket: await cache.dataTicket)
        #expect(await cache.data(of: "a", occasion: "t1", within: .seconds(60)) == .empty)
        #expect(await cache.data(of: "a", occasion: "t2", within: .seconds(60)) == nil)
        #expect(await cache.data(of: "b", occasion: "t1", within: .seconds(60)) == nil)
        #expect(await cache.data(of: "a", occasion: "t1", within: .zero) == nil)
        let ticket = await cache.dataTicket
        await cache.forgetData()
        #expect(await cache.data(of: "a", occasion: "t1", within: .seconds(60)) == nil)
        // read while it was forgotten
        await cache.keep(data: .empty, of: "a", occasion: "t1", ticket: ticket)
        #expect(await cache.data(of: "a", occasion: "t1", within: .seconds(60)) == nil)
    }
}
