import DockerAPI
import Testing

extension DockerContract {
    @Suite struct System {
        @Test("the engine is who it says, and speaks a version that was agreed", arguments: Engines.all)
        func identity(address: String) async throws {
            let engine = try DockerEngine(address: address)
            let ping = try await engine.ping()
            let agreed = try await engine.agreedVersion()
            #expect(DockerAPIVersion.spoken.contains(agreed) && agreed <= ping.apiVersion)
            let version = try await engine.version()
            #expect(DockerAPIVersion(version.apiVersion) == ping.apiVersion)
            let info = try await engine.info()
            #expect(!info.id.isEmpty && info.serverVersion == version.version && info.cpuCount > 0)
            #expect(try await engine.info().id == info.id)
        }

        @Test("networks", arguments: Engines.all)
        func networks(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let id = try await fixture.network(subnets: [
                    DockerSubnet(subnet: "10.231.77.0/24", gateway: "10.231.77.1")
                ]
                )
                let name = "\(fixture.prefix)-net"
                let listed = try await engine.networks(["label": ["ct-fixture=\(fixture.prefix)"]])
                #expect(listed.map(\.id) == [id])
                let network = try await engine.network(id)
                #expect(network.name == name && network.driver == "bridge" && network.labels == fixture.labels)
                #expect(network.subnets.map(\.subnet) == ["10.231.77.0/24"] && network.created != nil)
                #expect(try await engine.network(name).id == id)

                let duplicate = try await code {
                    _ = try await engine.createNetwork(DockerNetworkConfiguration(name: name))
                }
                #expect(duplicate == .nameInUse(by: nil))
                let overlapping = DockerNetworkConfiguration(
                    name: "\(name)-2", subnets: [DockerSubnet(subnet: "10.231.77.0/25")])
                #expect(try await code { _ = try await engine.createNetwork(overlapping) } == .addressRangeTaken)
                #expect(try await code { _ = try await engine.network("\(name)-none") } == .notFound)

                let container = try await fixture.running(image: try await fixture.image())
                try await engine.connect(
                    container, toNetwork: id,
                    as: DockerEndpointConfiguration(aliases: ["db"], ipv4Address: "10.231.77.7"))
                let member = try await engine.network(id).endpoints[container]
                #expect(member?.name == "\(fixture.prefix)-a" && member?.ipv4Address == "10.231.77.7/24")
                let endpoint = try await engine.container(container).networks[name]
                #expect(endpoint?.networkID == id && endpoint?.ipAddress == "10.231.77.7")
                #expect(endpoint?.aliases.contains("db") == true && endpoint?.configuredIPv4Address == "10.231.77.7")
                #expect(endpoint?.endpointID == member?.endpointID)
                #expect(try await code { try await engine.connect(container, toNetwork: id) } == .wrongAttachment)
                #expect(try await code { try await engine.removeNetwork(id) } == .hasEndpoints)
                try await engine.disconnect(container, fromNetwork: id)
                #expect(try await code { try await engine.disconnect(container, fromNetwork: id) } == .wrongAttachment)
                try await engine.removeNetwork(id)
                #expect(try await code { try await engine.removeNetwork(id) } == .notFound)
            }
        }

        @Test(
            "a name without a dot that no container has leaves Docker only where the container does not keep it in",
            arguments: Engines.all)
        func plainNames(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let network = "\(fixture.prefix)-net"
                _ = try await fixture.network()
                let image = try await fixture.image()
                func run(_ script: String, in id: String) async throws -> DockerExecResult {
                    try await engine.run(DockerExecConfiguration(command: ["/bin/sh", "-c", script]), in: id)
                }
                // a resolver that notes what it is asked, and never answers
                let outside = try await fixture.container(
                    DockerContainerConfiguration(
                        image: image, command: ["/bin/sh", "-c", "while :; do busybox nc -l -p 53 >>/asked; done"]),
                    named: "outside", networks: [network: DockerEndpointConfiguration()])
                try await engine.start(outside)
                let resolver = try #require(try await engine.container(outside).networks[network]?.ipAddress)

                /// Asks for two names by TCP (RFC 1035, 4.2.2), and tells which of them the resolver heard.
                func asked(from name: String, _ change: (inout DockerHostConfiguration) -> Void) async throws -> String
                {
                    var host = DockerHostConfiguration()
                    host.resolvers = [resolver]
                    host.searchDomains = ["."]
                    change(&host)
                    let id = try await fixture.container(
                        DockerContainerConfiguration(image: image), named: name, host: host,
                        networks: [network: DockerEndpointConfiguration()])
                    try await engine.start(id)
                    let header = #"\022\064\001\000\000\001\000\000\000\000\000\000"#
                    let plain = #"\000\026"# + header + #"\004gone\000\000\001\000\001"#
                    let dotted = #"\000\036"# + header + #"\004away\007example\000\000\001\000\001"#
                    for query in [plain, dotted] {
                        _ = try await run("printf '\(query)' | busybox timeout 1 busybox nc 127.0.0.11 53", in: id)
                    }
                    try await eventually("the second question") {
                        try await run("busybox grep -c example /asked", in: outside).exitCode == 0
                    }
                    return try await run("busybox strings -n 4 /asked; >/asked", in: outside).text
                }
                let kept = try await asked(from: "keeps") { $0.keepPlainNames() }
                #expect(kept.contains("away") && !kept.contains("gone"))
                #expect(try await asked(from: "asks") { _ in }.contains("gone"))
            }
        }

        @Test("volumes, and the old labels that come back for an existing name", arguments: Engines.all)
        func volumes(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let name = "\(fixture.prefix)-v"
                await fixture.cleanup { try await engine.removeVolume(name) }
                let made = try await engine.createVolume(DockerVolumeConfiguration(name: name, labels: fixture.labels))
                #expect(
                    made.name == name && made.driver == "local" && made.labels == fixture.labels && made.created != nil)
                let again = try await engine.createVolume(DockerVolumeConfiguration(name: name, labels: ["other": "x"]))
                #expect(again.labels == fixture.labels)
                #expect(try await engine.volumes(["label": ["ct-fixture=\(fixture.prefix)"]]) == [made])
                #expect(try await engine.volume(name) == made)
                var host = DockerHostConfiguration()
                host.mounts = [DockerMountConfiguration(source: name, target: "/data")]
                let container = try await fixture.container(
                    DockerContainerConfiguration(image: try await fixture.image()), host: host)
                #expect(try await code { try await engine.removeVolume(name) } == .inUse)
                try await engine.removeContainer(container)
                try await engine.removeVolume(name)
                #expect(try await code { _ = try await engine.volume(name) } == .notFound)
            }
        }
    }
}
