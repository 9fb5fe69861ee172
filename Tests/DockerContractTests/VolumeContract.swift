import DockerAPI
import Foundation
import Testing

extension DockerContract {
    /// An engine below API 1.43 deletes what is in a container's volumes when the container is removed while
    /// an archive request has them mounted below its root file system.
    @Suite struct Volumes {
        private static let count = 300

        @Test("outlive a forced removal during any number of reads through this client", arguments: Engines.all)
        func survive(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let image = try await fixture.image()
                for round in 1...10 {
                    let volume = "\(fixture.prefix)-v\(round)"
                    await fixture.cleanup { try await engine.removeVolume(volume) }
                    let id = try await fixture.container(
                        DockerContainerConfiguration(image: image), named: "a\(round)", host: Self.host(volume))
                    let files = (0..<Self.count).map { TarEntry(path: "f\($0)", .file([]), mode: 0o600) }
                    try await engine.putFiles(files, in: id, at: "/data")
                    // a layer whose removal takes a moment
                    let layer = (0..<2000).map { TarEntry(path: "l\($0)", .file([1]), mode: 0o600) }
                    try await engine.putFiles(layer, in: id, at: "/tmp")
                    try await engine.start(id)
                    await withTaskGroup(of: Void.self) { group in
                        // each reads until the container is gone for good
                        let (begun, signal) = AsyncStream.makeStream(of: Void.self)
                        for _ in 0..<6 {
                            group.addTask {
                                repeat {
                                    for _ in 0..<10 { _ = try? await engine.archive(of: "/data/f1", in: id) }
                                    signal.yield()
                                } while (try? await code { _ = try await engine.container(id) }) != .notFound
                            }
                        }
                        for await _ in begun { break }
                        group.addTask {
                            do { try await engine.removeContainer(id, force: true) } catch { Issue.record(error) }
                        }
                    }
                    let reader = try await fixture.container(
                        DockerContainerConfiguration(image: image), named: "r\(round)",
                        host: Self.host(volume, isReadOnly: true))
                    let left = try await engine.files(of: "/data", in: reader).count { $0.path.contains("/f") }
                    #expect(left == Self.count, "round \(round): \(left) files are left")
                    try await engine.removeContainer(reader)
                }
            }
        }

        @Test("are read through a container that has them read-only and never starts; theirs take nothing once started")
        func reader() async throws {
            for address in Engines.all {
                try await EngineFixture.with(address) { fixture in
                    let engine = fixture.engine
                    let image = try await fixture.image()
                    let volume = "\(fixture.prefix)-v"
                    await fixture.cleanup { try await engine.removeVolume(volume) }
                    let id = try await fixture.container(
                        DockerContainerConfiguration(image: image), host: Self.host(volume))
                    let file = TarEntry(path: "f", .file([1, 2]), mode: 0o600)
                    try await engine.putFiles([file], in: id, at: "/data")
                    let reader = try await fixture.container(
                        DockerContainerConfiguration(image: image), named: "r",
                        host: Self.host(volume, isReadOnly: true))
                    func look() async throws -> [TarEntry] { try await engine.files(of: "/data/f", in: reader) }
                    try await engine.start(id)
                    #expect(try await look() == [file])
                    #expect(try await code { try await engine.putFiles([file], in: id, at: "/data") } == .volumeAtRisk)
                    try await engine.stop(id)
                    #expect(try await look() == [file])
                    #expect(try await code { _ = try await engine.archive(of: "/tmp", in: id) } == .volumeAtRisk)
                    // it cannot be written through
                    #expect(try await code { try await engine.putFiles([file], in: reader, at: "/data") } != nil)
                }
            }
        }

        @Test("have no part in an export, which has the container's own files, running or not", arguments: Engines.all)
        func export(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let volume = "\(fixture.prefix)-v"
                await fixture.cleanup { try await engine.removeVolume(volume) }
                let id = try await fixture.container(
                    DockerContainerConfiguration(image: try await fixture.image()), host: Self.host(volume))
                let entries = [
                    TarEntry(path: "conf", .directory, mode: 0o700, userID: 70, groupID: 71),
                    TarEntry(path: "conf/a", .file(Array("one".utf8)), mode: 0o400, userID: 70, groupID: 71),
                ]
                try await engine.putFiles(entries, in: id, at: "/tmp")
                try await engine.putFiles([TarEntry(path: "f", .file([1]), mode: 0o600)], in: id, at: "/data")
                for step in ["created", "running", "stopped"] {
                    if step == "running" { try await engine.start(id) }
                    if step == "stopped" { try await engine.stop(id) }
                    let found = try #require(try await engine.exportedFiles(of: "/tmp/conf", in: id))
                    #expect(found.map(\.path) == ["a"] && found.first?.content == Array("one".utf8), "\(step)")
                    #expect(found.first?.mode == 0o400 && found.first?.userID == 70 && found.first?.groupID == 71)
                    #expect(try await engine.exportedFiles(of: "/data", in: id)?.isEmpty == true)
                    #expect(try await engine.exportedFiles(of: "/none", in: id) == nil)
                }
            }
        }

        @Test(
            "a command is given its input over the connection, and told by length where it ends", arguments: Engines.all
        )
        func input(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let id = try await fixture.running(image: try await fixture.image())
                func run(_ script: String, _ input: [UInt8]) async throws -> DockerExecResult {
                    let exec = try await engine.createExec(
                        in: id,
                        DockerExecConfiguration(command: ["/bin/sh", "-c", script], takesInput: true))
                    return try await engine.runExec(exec, in: id, input: input)
                }
                let input = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let result = try await run("busybox head -c 300000 | busybox md5sum; echo err >&2; exit 5", input)
                #expect(result.exitCode == 5 && result.errorText == "err\n")
                let plain = try await engine.run(
                    DockerExecConfiguration(command: ["/bin/sh", "-c", "busybox md5sum /tmp/in"]), in: id)
                #expect(plain.exitCode != 0)
                try await engine.putFiles([TarEntry(path: "in", .file(input), mode: 0o600)], in: id, at: "/tmp")
                let sum = try await engine.run(
                    DockerExecConfiguration(command: ["/bin/sh", "-c", "busybox md5sum < /tmp/in"]), in: id)
                #expect(result.text == sum.text && result.text.count > 32)
                // a command that does not want it, and one that cannot be started
                #expect(try await run("exit 0", [1, 2, 3]).exitCode == 0)
                let none = try await engine.createExec(
                    in: id, DockerExecConfiguration(command: ["/none"], takesInput: true))
                #expect([126, 127].contains(try await engine.runExec(none, in: id, input: [1]).exitCode))
                try await engine.pause(id)
                #expect(
                    try await code {
                        _ = try await engine.createExec(
                            in: id, DockerExecConfiguration(command: ["/bin/sh"], takesInput: true))
                    } == .wrongPauseState)
                try await engine.unpause(id)
            }
        }

        private static func host(_ volume: String, isReadOnly: Bool = false) -> DockerHostConfiguration {
            var host = DockerHostConfiguration()
            host.mounts = [
                DockerMountConfiguration(
                    source: volume, target: "/data", isReadOnly: isReadOnly, staysEmpty: isReadOnly)
            ]
            return host
        }
    }
}
