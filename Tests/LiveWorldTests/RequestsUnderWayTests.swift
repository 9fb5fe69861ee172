import Testing
import TestSupport

@testable import LiveWorld

@Suite("Requests whose answer may take long")
struct RequestsUnderWayTests {
    private struct Refused: Error, Equatable {}

    /// A server that answers when it is told to.
    private actor Server {
        private(set) var asked = 0
        private var answers: [Result<String, Refused>] = []

        func answer(_ result: Result<String, Refused>) { answers.append(result) }
        func serve() async throws(Refused) -> String {
            asked += 1
            while answers.isEmpty { await Task.yield() }
            return try answers.removeFirst().get()
        }
    }

    private let server = Server()
    private let requests = RequestsUnderWay<String, Refused>()

    private func begin() async throws -> String? {
        try await requests.begin("a") { [server] () async throws(Refused) in
            try await server.serve()
        } ended: {
        }
    }

    @Test("one that is answered at once is told at once")
    func fast() async throws {
        await server.answer(.success("done"))
        #expect(try await begin() == "done")
        await server.answer(.failure(Refused()))
        await #expect(throws: Refused()) { try await begin() }
        #expect(await !requests.isUnderWay("a"))
    }

    @Test("one that takes its time is sent once, and seen to be under way")
    func slow() async throws {
        #expect(try await begin() == nil)
        #expect(await requests.underWay == ["a"])
        #expect(try await begin() == nil)
        #expect(await server.asked == 1)
        await server.answer(.success("late"))
        _ = try await eventually("its end") { await requests.isUnderWay("a") ? nil : true }
        // it answered the request before, and not the one that is sent now
        await server.answer(.success("the second"))
        #expect(try await begin() == "the second")
        #expect(await server.asked == 2)
    }

    @Test("a refusal that comes late is told at the next try")
    func refused() async throws {
        #expect(try await begin() == nil)
        await server.answer(.failure(Refused()))
        _ = try await eventually("its end") { await requests.isUnderWay("a") ? nil : true }
        await #expect(throws: Refused()) { try await begin() }
        #expect(await server.asked == 1)
        await server.answer(.success("again"))
        #expect(try await begin() == "again")
    }

    @Test("a refusal that is old says nothing of another request")
    func forgotten() async throws {
        let requests = RequestsUnderWay<String, Refused>(patience: .milliseconds(1), memory: .zero)
        func begin() async throws -> String? {
            try await requests.begin("a") { [server] () async throws(Refused) in
                try await server.serve()
            } ended: {
            }
        }
        #expect(try await begin() == nil)
        await server.answer(.failure(Refused()))
        _ = try await eventually("its end") { await requests.isUnderWay("a") ? nil : true }
        #expect(try await begin() == nil)
        #expect(await server.asked == 2)
        await server.answer(.success("again"))
    }
}
