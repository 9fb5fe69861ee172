import DockerAPI
import Synchronization
import Testing

/// An archive request to a container that is removed at that moment empties its volumes on Engine 20.10.
@Suite("Archive requests", .serialized)
struct ArchiveGuardTests {
    private static let never = "0001-01-01T00:00:00Z"
    private static let once = "2026-11-29T07:00:00.000000001Z"

    /// A container as an inspect shows it.
    private static func container(
        _ status: String, startedAt: String, mount: String? = "volume", isDead: Bool = false
    ) -> [UInt8] {
        let mounts =
            mount.map { #"[{"Type":"\#($0)","Name":"v","Source":"/s","Destination":"/data","RW":true}]"# } ?? "[]"
        return Array(
            #"""
            {"Id":"full-id","Name":"/a","Config":{"Image":"i"},"Mounts":\#(mounts),"State":{"Status":"\#(status)",
            "Running":\#(status == "running"),"Dead":\#(isDead),"StartedAt":"\#(startedAt)"}}
            """#.utf8)
    }

    /// What becomes of each of the three verbs, and the archive requests that were sent.
    private func attempt(_ inspected: [UInt8], status: Int = 200) async throws -> (
        codes: [DockerError.Code?], sent: [String]
    ) {
        let stub = try EngineStub { line in
            line.hasSuffix("/json") ? .init(status: status, body: inspected) : .init(status: 404)
        }
        defer { stub.stop() }
        let engine = stub.engine
        func code(_ body: () async throws(DockerError) -> Void) async -> DockerError.Code? {
            for _ in 0..<50 {
                do throws(DockerError) {
                    try await body()
                    return nil
                } catch  where error.code != .timedOut {
                    return error.code
                } catch {
                    // all other tests run on the same two threads
                }
            }
            return .timedOut
        }
        let codes = [
            await code { () async throws(DockerError) in _ = try await engine.archive(of: "/data", in: "a") },
            await code { () async throws(DockerError) in _ = try await engine.pathStatus("/data", in: "a") },
            await code { () async throws(DockerError) in
                try await engine.putFiles([TarEntry(path: "x", .file([]), mode: 0o600)], in: "a", at: "/data")
            },
        ]
        return (codes, stub.requests.filter { $0.contains("archive") })
    }

    @Test(
        "go to no container that has a volume and was started, nor to one that is being removed",
        arguments: [
            container("running", startedAt: once), container("paused", startedAt: once),
            container("exited", startedAt: once), container("restarting", startedAt: once),
            container("exited", startedAt: once, mount: "bind"), container("unheard-of", startedAt: once),
            // created anew in Docker's word, and yet it has run
            container("created", startedAt: once),
            container("removing", startedAt: once, mount: nil), container("dead", startedAt: once, mount: nil),
            container("removing", startedAt: never), container("dead", startedAt: never),
            container("exited", startedAt: once, mount: nil, isDead: true),
        ])
    func refused(inspected: [UInt8]) async throws {
        let (codes, sent) = try await attempt(inspected)
        #expect(
            codes == [.volumeAtRisk, .volumeAtRisk, .volumeAtRisk], "\(String(decoding: inspected, as: UTF8.self))")
        #expect(sent.isEmpty)
    }

    @Test(
        "go to one that was never started, or has no volume, by the ID that was looked at",
        arguments: [
            container("created", startedAt: never), container("running", startedAt: once, mount: nil),
            container("exited", startedAt: once, mount: nil), container("running", startedAt: once, mount: "tmpfs"),
        ])
    func sent(inspected: [UInt8]) async throws {
        let (codes, sent) = try await attempt(inspected)
        #expect(codes == [.notFound, .notFound, .notFound])
        #expect(Set(sent.map { $0.prefix { $0 != " " } }) == ["GET", "HEAD", "PUT"])
        #expect(sent.allSatisfy { $0.contains("/containers/full-id/archive?path=%2Fdata") })
    }

    @Test("say of a container that is gone, or cannot be looked at, nothing that could be taken for an empty volume")
    func gone() async throws {
        let (codes, sent) = try await attempt(Array(#"{"message":"No such container: a"}"#.utf8), status: 404)
        #expect(codes == [.conflict, .conflict, .notFound])
        #expect(sent.isEmpty)
        let (blind, none) = try await attempt(Array(#"{"message":"broken"}"#.utf8), status: 500)
        #expect(blind == [.serverError, .serverError, .serverError])
        #expect(none.isEmpty)
    }

    @Test("are judged again before each further try")
    func triedAgain() async throws {
        let count = Counter()
        let stub = try EngineStub { line in
            guard line.hasSuffix("/json") else { return .init(status: 500) }
            let isFirst = count.next() <= 1
            return .init(
                body: ArchiveGuardTests.container(
                    isFirst ? "created" : "running",
                    startedAt: isFirst ? ArchiveGuardTests.never : ArchiveGuardTests.once))
        }
        defer { stub.stop() }
        _ = try? await stub.engine.version(deadline: .seconds(30))
        let error = await #expect(throws: DockerError.self) { try await stub.engine.archive(of: "/data", in: "a") }
        #expect(error?.code == .volumeAtRisk)
        #expect(stub.requests.filter { $0.contains("archive") }.count == 1)
    }
}

/// Counts calls from any thread.
final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
