import DockerAPI
import Foundation
import HTTPTransport
import Testing

extension DockerContract {
    @Suite struct Stream {
        @Test("a command's outputs are told apart, its exit code is its own", arguments: Engines.all)
        func exec(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let id = try await fixture.running(image: try await fixture.image())
                func run(_ script: String, limit: Int = 1 << 20, deadline: Duration = .seconds(30)) async throws
                    -> DockerExecResult
                {
                    let exec = DockerExecConfiguration(
                        command: ["/bin/sh", "-c", script], environment: ["V=w x"], workingDirectory: "/tmp")
                    return try await engine.run(exec, in: id, maxOutputBytes: limit, deadline: deadline)
                }
                let result = try await run(#"echo "out $V $(/bin/busybox pwd)"; echo err >&2; exit 7"#)
                #expect(result.exitCode == 7 && result.text == "out w x /tmp\n" && result.errorText == "err\n")
                #expect(!result.isTruncated)
                let big = try await run("busybox head -c 3000000 /dev/zero; exit 0", limit: 1000)
                #expect(big.exitCode == 0 && big.standardOutput.count == 1000 && big.isTruncated)
                let missing = try await engine.run(DockerExecConfiguration(command: ["/none"]), in: id)
                #expect([126, 127].contains(missing.exitCode))
                let late = try await code { _ = try await run("sleep 60", deadline: .milliseconds(500)) }
                #expect(late == .timedOut)
                let detached = try await engine.createExec(
                    in: id, DockerExecConfiguration(command: ["/bin/sh", "-c", "exit 3"]))
                try await engine.startExecDetached(detached)
                try await eventually("the detached command's end") { try await engine.exec(detached).exitCode == 3 }
            }
        }

        @Test("logs come from both outputs, from the tail, and go on while followed", arguments: Engines.all)
        func logs(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let script =
                    "echo one; echo two >&2; echo three; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo four"
                let id = try await fixture.container(
                    DockerContainerConfiguration(image: try await fixture.image(), command: ["/bin/sh", "-c", script]))
                try await engine.start(id)
                try await eventually("three lines") { try await engine.logTail(id).count == 3 }
                #expect(Set(try await engine.logTail(id)) == ["one", "two", "three"])
                #expect(try await engine.logTail(id, lines: 1).count == 1)
                var seen: [DockerOutput.Stream: String] = [:]
                var iterator = try await engine.logs(id, tail: nil, follow: true).makeAsyncIterator()
                try await engine.putFiles([TarEntry(path: "go", .file([]), mode: 0o600)], in: id, at: "/tmp")
                while let piece = try await iterator.next() {
                    seen[piece.stream, default: ""] += String(decoding: piece.bytes, as: UTF8.self)
                }
                #expect(seen == [.standardOutput: "one\nthree\nfour\n", .standardError: "two\n"])
                let stamped = try await engine.logTail(id, lines: 1)
                #expect(stamped == ["four"])
                var line: [UInt8] = []
                for try await piece in try await engine.logs(id, tail: 1, timestamps: true) { line += piece.bytes }
                let stamp = String(decoding: line, as: UTF8.self).split(separator: " ").first.map(String.init) ?? ""
                #expect(DockerTime(stamp) != nil)
            }
        }

        @Test("files go into a created container and its volume, and come back as they were", arguments: Engines.all)
        func archive(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let volume = "\(fixture.prefix)-v"
                await fixture.cleanup { try await engine.removeVolume(volume) }
                var host = DockerHostConfiguration()
                host.mounts = [DockerMountConfiguration(source: volume, target: "/data")]
                let id = try await fixture.container(
                    DockerContainerConfiguration(image: try await fixture.image()), host: host)
                let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                let entries = [
                    TarEntry(
                        path: "conf", .directory, mode: 0o750, userID: 70, groupID: 71, modifiedSeconds: 1_700_000_000),
                    TarEntry(
                        path: "conf/secret", .file(content), mode: 0o600, userID: 70, groupID: 71,
                        modifiedSeconds: 1_700_000_000),
                ]
                try await engine.putFiles(entries, in: id, at: "/data")
                #expect(try await engine.files(of: "/data/conf", in: id) == entries)
                let status = try await engine.pathStatus("/data/conf/secret", in: id)
                #expect(
                    status.kind == .file && status.mode == 0o600 && status.sizeBytes == 100_000
                        && status.modified != nil)
                #expect(try await engine.pathStatus("/data/conf", in: id).kind == .directory)
                #expect(try await engine.pathStatus("/tmp", in: id).mode == 0o1777)
                #expect(try await code { _ = try await engine.pathStatus("/data/none", in: id) } == .notFound)
                #expect(try await code { _ = try await engine.archive(of: "/data/none", in: id) } == .notFound)
                #expect(try await code { try await engine.putFiles(entries, in: id, at: "/none") } == .notFound)
                try await engine.start(id)
                let exec = DockerExecConfiguration(command: [
                    "/bin/busybox", "stat", "-c", "%u:%g %a", "/data/conf/secret",
                ])
                #expect(try await engine.run(exec, in: id).text == "70:71 600\n")
            }
        }

        @Test("an image is saved, removed and loaded again", arguments: Engines.all)
        func images(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let tag = try await fixture.image()
                let image = try await engine.image(tag)
                #expect(image.tags == [tag] && image.created != nil && image.sizeBytes > 0)
                let archive = try await engine.saveImage(tag).bytes(upTo: 64 << 20)
                try await engine.removeImage(tag)
                #expect(try await code { _ = try await engine.image(tag) } == .noSuchImage)
                try await engine.loadImages(archive: archive).finish()
                #expect(try await engine.image(tag).id == image.id)
            }
        }

        @Test("a pull without a registry fails in words", arguments: Engines.all)
        func pull(address: String) async throws {
            let engine = try DockerEngine(address: address)
            let failure = try await code { try await engine.pull("localhost:1/ct-none:1").finish() }
            #expect(failure == .serverError || failure == .imageFailed)
        }
    }
}

extension HTTPStream {
    fileprivate func bytes(upTo limit: Int) async throws -> [UInt8] { try await collect(upTo: limit) }
}
