import DockerAPI
import Testing

extension DockerContract {
    @Suite struct Container {
        @Test("what was asked for is what is inspected", arguments: Engines.all)
        func inspect(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let image = try await fixture.image()
                let network = try await fixture.network()
                let volume = "\(fixture.prefix)-v"
                await fixture.cleanup { try await engine.removeVolume(volume) }
                var configuration = DockerContainerConfiguration(
                    image: image, command: ["/bin/sleep", "1000"], entrypoint: [], environment: ["A=b c"],
                    user: "12:34",
                    hostname: "host-a", workingDirectory: "/tmp", labels: ["x": "y"], exposedPorts: ["5432/tcp"])
                configuration.stopSignal = "SIGINT"
                var host = DockerHostConfiguration()
                host.networkMode = "\(fixture.prefix)-net"
                host.portBindings = ["5432/tcp": [DockerPortBinding(hostAddress: "127.0.0.1", hostPort: "")]]
                host.restartPolicy = DockerRestartPolicy(name: "on-failure", maximumRetryCount: 2)
                host.memoryBytes = 64 << 20
                host.memorySwapBytes = 64 << 20
                host.nanoCPUs = 500_000_000
                host.cpuShares = 512
                host.shmSizeBytes = 32 << 20
                host.capAdd = ["NET_ADMIN"]
                host.capDrop = ["ALL"]
                host.securityOptions = ["no-new-privileges"]
                host.isRootReadOnly = true
                host.tmpfs = ["/run": "size=1m"]
                host.pidsLimit = 99
                host.ulimits = [DockerUlimit(name: "nofile", soft: 1000, hard: 2000)]
                host.sharedMemoryNamespace = "private"
                host.usesInit = false
                host.logging = DockerLogConfiguration(type: "json-file", options: ["max-size": "1m"])
                host.extraHosts = ["other:10.0.0.9"]
                host.mounts = [DockerMountConfiguration(source: volume, target: "/data")]
                let id = try await fixture.container(
                    configuration, host: host,
                    networks: ["\(fixture.prefix)-net": DockerEndpointConfiguration(aliases: ["db"])])

                let made = try await engine.container(id)
                #expect(made.state.status == .created && made.state.startedAt == nil && made.state.processID == 0)
                try await engine.start(id)
                let running = try await engine.container(id)
                #expect(running.id == id && running.name == "\(fixture.prefix)-a")
                #expect(running.imageID == (try await engine.image(image).id) && running.configuration.image == image)
                configuration.labels.merge(fixture.labels) { one, _ in one }
                #expect(running.configuration.labels == configuration.labels)
                #expect(running.configuration.command == configuration.command)
                #expect(running.configuration.environment.contains("A=b c"))
                #expect(running.configuration.user == "12:34" && running.configuration.hostname == "host-a")
                #expect(
                    running.configuration.workingDirectory == "/tmp" && running.configuration.stopSignal == "SIGINT")
                #expect(running.configuration.exposedPorts == ["5432/tcp"])
                var inspected = running.hostConfiguration
                inspected.capAdd = inspected.capAdd.map { $0.hasPrefix("CAP_") ? String($0.dropFirst(4)) : $0 }
                #expect(inspected == host)
                #expect(running.state.isRunning && running.state.processID > 0 && running.state.startedAt != nil)
                #expect(running.state.finishedAt == nil && running.restartCount == 0 && running.execIDs == [])
                #expect(running.mounts.contains { $0.name == volume && $0.destination == "/data" && $0.isWritable })
                let endpoint = running.networks["\(fixture.prefix)-net"]
                #expect(endpoint?.networkID == network && endpoint?.endpointID.isEmpty == false)
                #expect(endpoint?.ipAddress.isEmpty == false && endpoint?.gateway.isEmpty == false)
                #expect(running.ports["5432/tcp"]?.first?.hostAddress == "127.0.0.1")

                let summary = try await engine.containers(["label": ["ct-fixture=\(fixture.prefix)"]]).first
                #expect(summary?.id == id && summary?.name == running.name && summary?.status == .running)
                #expect(summary?.networks.keys.sorted() == ["\(fixture.prefix)-net"])
                try await engine.stop(id, grace: .zero)
            }
        }

        @Test("start, stop, kill, pause, restart, and what each says when it is too late", arguments: Engines.all)
        func life(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let id = try await fixture.container(DockerContainerConfiguration(image: try await fixture.image()))
                #expect(try await engine.start(id))
                #expect(try await engine.start(id) == false)
                try await engine.pause(id)
                let paused = try await engine.container(id).state
                #expect(paused.status == .paused && paused.isRunning && paused.isPaused)
                #expect(try await code { try await engine.pause(id) } == .notModified)
                let exec = DockerExecConfiguration(command: ["/bin/echo"])
                #expect(try await code { _ = try await engine.createExec(in: id, exec) } == .wrongPauseState)
                try await engine.unpause(id)
                #expect(try await code { try await engine.unpause(id) } == .wrongPauseState)
                let firstStart = try await engine.container(id).state.startedAt
                try await engine.restart(id, grace: .zero)
                let restarted = try await engine.container(id).state
                #expect(restarted.isRunning && (firstStart.map { $0 < restarted.startedAt ?? $0 }) == true)
                async let exit = engine.wait(id, deadline: .seconds(20))
                try await engine.kill(id)
                #expect(try await exit == 137)
                let dead = try await engine.container(id).state
                #expect(dead.status == .exited && !dead.isRunning && dead.exitCode == 137 && dead.finishedAt != nil)
                #expect(try await code { try await engine.kill(id) } == .notRunning)
                #expect(try await engine.stop(id) == false)
                #expect(try await code { _ = try await engine.createExec(in: id, exec) } == .notRunning)
                #expect(try await code { try await engine.pause(id) } == .notRunning)
                #expect(try await engine.wait(id, deadline: .seconds(5)) == 137)
                #expect(try await code { try await engine.kill("\(fixture.prefix)-none") } == .notFound)
            }
        }

        @Test("names are locks, ports collide at start, images must be there", arguments: Engines.all)
        func conflicts(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let image = try await fixture.image()
                let plain = DockerContainerConfiguration(image: image)
                let id = try await fixture.running(image: image)
                let name = "\(fixture.prefix)-a"
                #expect(
                    try await code { _ = try await engine.createContainer(name: name, plain) } == .nameInUse(by: id))
                let noImage = DockerContainerConfiguration(image: "\(fixture.prefix)-none:1")
                #expect(
                    try await code { _ = try await engine.createContainer(name: "\(name)2", noImage) } == .noSuchImage)
                #expect(try await code { try await engine.removeContainer(id) } == .conflict)
                #expect(try await code { try await engine.renameContainer(id, to: name) } == .badParameter)
                try await engine.renameContainer(id, to: "\(name)-renamed")
                #expect(try await engine.container(id).name == "\(name)-renamed")

                var host = DockerHostConfiguration()
                host.portBindings = ["80/tcp": [DockerPortBinding(hostAddress: "127.0.0.1", hostPort: "")]]
                var listening = plain
                listening.exposedPorts = ["80/tcp"]
                let first = try await fixture.container(listening, named: "p1", host: host)
                try await engine.start(first)
                let port = try #require(try await engine.container(first).ports["80/tcp"]?.first?.hostPort)
                host.portBindings = ["80/tcp": [DockerPortBinding(hostAddress: "127.0.0.1", hostPort: port)]]
                let second = try await fixture.container(listening, named: "p2", host: host)
                let start = try await code { try await engine.start(second) }
                #expect(start == .portAllocated(address: "127.0.0.1:\(port)"))
                #expect(try await engine.container(second).state.status == .created)

                let noProgram = DockerContainerConfiguration(image: image, command: ["/none"])
                let broken = try await fixture.container(noProgram, named: "broken")
                #expect(try await code { try await engine.start(broken) } == .cannotStart)
                #expect(try await engine.container(broken).state.error.isEmpty == false)
                try await engine.removeContainer(id, force: true)
                #expect(try await code { _ = try await engine.container(id) } == .notFound)
            }
        }

        @Test("limits change in place; statistics and processes are those of the container", arguments: Engines.all)
        func update(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let id = try await fixture.running(image: try await fixture.image())
                var update = DockerContainerUpdate()
                update.memoryBytes = 48 << 20
                update.memorySwapBytes = 48 << 20
                update.restartPolicy = .unlessStopped
                try await engine.updateContainer(id, update)
                let host = try await engine.container(id).hostConfiguration
                #expect(host.memoryBytes == 48 << 20 && host.restartPolicy == .unlessStopped)
                let statistics = try await engine.statistics(id)
                #expect(statistics.memoryLimitBytes == 48 << 20 && statistics.memoryBytes > 0 && statistics.read != nil)
                let table = try await engine.processes(id)
                #expect(table.rows.count == 1 && table.rows[0].count == table.titles.count)
                #expect(table.rows[0].contains { $0.contains("sleep") })
            }
        }

        @Test("two removals at once do not both fail, and one of them counts", arguments: Engines.all)
        func removals(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let id = try await fixture.running(image: try await fixture.image())
                async let one = code { try await engine.removeContainer(id, force: true) }
                async let two = code { try await engine.removeContainer(id, force: true) }
                let codes = try await [one, two]
                #expect(codes.contains(nil))
                #expect(codes.allSatisfy { [nil, .alreadyInProgress, .notFound].contains($0) })
            }
        }
    }
}
