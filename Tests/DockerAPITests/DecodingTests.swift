import DockerAPI
import Foundation
import TestSupport
import Testing

@Suite struct DecodingTests {
    private func decode<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    @Test("a container with null for everything that can be null")
    func nulls() throws {
        let container: DockerContainer = try decode(
            """
            {"Id":"c","Name":"/a","Created":"0001-01-01T00:00:00Z","Image":null,"RestartCount":null,"Extra":{"x":[1]},
             "State":{"Running":false,"Status":"frobnicated","StartedAt":"0001-01-01T00:00:00Z","Health":null},
             "Config":{"Image":"i","Cmd":null,"Entrypoint":null,"Env":null,"Labels":null,"ExposedPorts":null},
             "HostConfig":{"Binds":null,"PortBindings":{"5432/tcp":null},"CapAdd":null,"Ulimits":null,"Tmpfs":null,
                "RestartPolicy":{"Name":""},"LogConfig":{"Type":"json-file","Config":null},"PidsLimit":null,"Init":null},
             "Mounts":null,"NetworkSettings":{"Networks":{"n":{"Aliases":null,"IPAMConfig":null},"m":null},
                "Ports":{"5432/tcp":null}},"ExecIDs":null}
            """)
        #expect(container.name == "a")
        #expect(container.created == nil && container.state.startedAt == nil && container.state.health == nil)
        #expect(container.state.status == .unknown)
        #expect(container.configuration.command == nil && container.configuration.environment == [])
        #expect(container.hostConfiguration.restartPolicy == .no)
        #expect(container.hostConfiguration.portBindings == ["5432/tcp": []])
        #expect(container.networks.keys.sorted() == ["n"] && container.networks["n"]?.aliases == [])
        #expect(container.mounts == [] && container.execIDs == [])
    }

    @Test("missing fields take defaults, but without an identity there is no object")
    func missing() throws {
        let network: DockerNetwork = try decode(#"{"Id":"n","Name":"a"}"#)
        #expect(network.subnets == [] && network.endpoints == [:] && network.labels == [:])
        let volume: DockerVolume = try decode(#"{"Name":"v","Labels":null,"Options":null}"#)
        #expect(volume.labels == [:])
        let image: DockerImage = try decode(#"{"Id":"sha256:1","RepoTags":null,"Config":null}"#)
        #expect(image.tags == [])
        let event: DockerEvent = try decode(#"{"Type":"container","Action":"exec_start: /bin/a b","time":5}"#)
        #expect(event.verb == "exec_start" && event.time.nanosecondsSince1970 == 5_000_000_000)
        #expect(throws: (any Error).self) { try decode(#"{"Name":"a"}"#, as: DockerNetwork.self) }
        #expect(throws: (any Error).self) { try decode(#"{"Id":"c","Name":"/a"}"#, as: DockerContainer.self) }
    }

    @Test("a summary's own name is the one without a link in it")
    func linkNames() throws {
        let summary: DockerContainerSummary = try decode(
            #"{"Id":"c","Names":["/web/db","/db"],"State":"paused","Status":"Up 1 second (Paused)","Labels":null}"#)
        #expect(summary.name == "db" && summary.status == .paused)
    }

    @Test("times are read to the nanosecond and written so that they sort", arguments: 0..<200)
    func times(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        let time = DockerTime(
            nanosecondsSince1970: Int64.random(
                in: -5_000_000_000_000_000_000...5_000_000_000_000_000_000, using: &random))
        #expect(DockerTime(time.description) == time)
    }

    @Test("known times, offsets, and what is no time")
    func knownTimes() {
        #expect(DockerTime("1970-01-01T00:00:00Z")?.nanosecondsSince1970 == 0)
        #expect(DockerTime("2026-11-23T01:07:28.715750923Z")?.nanosecondsSince1970 == 1_795_396_048_715_750_923)
        #expect(DockerTime("2026-11-23T03:07:28.7+02:00") == DockerTime("2026-11-23T01:07:28.7Z"))
        #expect(DockerTime("2024-02-29T23:59:59Z")?.description == "2024-02-29T23:59:59.000000000Z")
        for text in ["", "0001-01-01T00:00:00Z", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T01:07:28.Z", "x"] {
            #expect(DockerTime(text) == nil)
        }
    }

    @Test("filters are written as Docker reads them")
    func filters() throws {
        #expect(DockerFilters.label("a", "b") == ["label": ["a=b"]])
        #expect(DockerFilters.label("a") == ["label": ["a"]])
    }

    @Test("the feed's waits double up to the longest")
    func backoff() {
        let backoff = DockerEventFeed.Backoff()
        #expect(
            (0...8).map { backoff.wait(before: $0) }.map { $0 / .milliseconds(100) } == [0, 1, 2, 4, 8, 16, 32, 50, 50])
        #expect(backoff.wait(before: 1_000_000) == .seconds(5))
    }
}
