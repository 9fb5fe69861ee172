import ArgumentParser
import Testing

@testable import Controller
@testable import PlanningFixtures
@testable import Supervisor

@Suite("Status again and again, and one endpoint")
struct WatchTests {
    @Test("a terminal shows a look in place of the last one, and a pipe gets no control characters")
    func screen() {
        #expect(Watch.screen(["a", "b"], repaints: false) == "a\nb\n")
        #expect(Watch.screen(["a", "b"], repaints: true) == "\u{1B}[Ha\u{1B}[K\nb\u{1B}[K\n\u{1B}[J")
    }

    @Test(
        "--watch goes with neither --wait nor --endpoint, and not without a pause",
        arguments: [["--watch", "--wait"], ["--watch", "--endpoint", "pooler"], ["--watch", "--interval", "0"]])
    func refused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try Status.parse(arguments) }
    }

    @Test("the default pause between two looks")
    func pause() throws {
        let command = try Status.parse(["--watch", "-o", "json"])
        #expect(command.watch && command.interval == 5 && !command.repaint)
    }

    @Test("a name that no endpoint has is bad input; one that the cluster lacks now is a failure")
    func endpoints() throws {
        var status = StatusReport(input: PlanningFixture().input, conditions: [], waiting: [])
        #expect(try EndpointChoice.url(of: "any-primary", in: status).contains("target_session_attrs"))
        #expect(Set(status.endpoints.map(\.name)).isSubset(of: EndpointChoice.names))
        status.endpoints = []
        for (name, code) in [("primry", ExitCodes.badInput), ("primary", .failure)] {
            do {
                _ = try EndpointChoice.url(of: name, in: status)
                Issue.record("\(name)")
            } catch {
                #expect(error.code == code, "\(name)")
            }
        }
    }
}
