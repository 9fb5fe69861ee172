import DockerAPI
import Model
import TestSupport
import Testing

@testable import LiveWorld

@Suite("An orderly stop on a real engine")
struct StopContractTests {
    @Test("is begun and not waited for, takes the grace time it was given, and refuses at once what is not there")
    func goesOn() async throws {
        try await ContainerFixture.with { fixture in
            // a process that does not end by itself, in a container whose own timeout is another one
            let name = try await fixture.start(
                "slow", image: "pg-controller/etcd:3.5", options: ["--entrypoint", "sh", "--stop-timeout", "300"],
                command: ["-c", "trap 'touch /tmp/asked' TERM; while :; do sleep 0.1; done"])
            let id = ContainerID(try await Shell.run(["docker", "inspect", "-f", "{{.Id}}", name]))
            let engine = try DockerEngine(address: "unix:///var/run/docker.sock")
            let stops = StopRequests()
            let start = ContinuousClock.now
            #expect(try await stops.begin(id, grace: .seconds(3), on: engine) {} == false)
            let answered = ContinuousClock.now - start
            #expect(answered < .seconds(3), "a pass would wait for it")
            #expect(await stops.isUnderWay(id))
            // a second request is none
            #expect(try await stops.begin(id, grace: .seconds(3), on: engine) {} == false)
            _ = try await eventually("its end") { () -> Bool? in await stops.isUnderWay(id) ? nil : true }
            // not Docker's ten seconds, and not the container's own three hundred
            #expect(ContinuousClock.now - start < .seconds(9))
            #expect(try await Shell.run(["docker", "inspect", "-f", "{{.State.ExitCode}}", name]) == "137")
            // stopping what is stopped is over at once; what is gone has stopped
            #expect(try await stops.begin(id, grace: .seconds(3), on: engine) {})
            #expect(try await stops.begin("0123456789abcdef", grace: .seconds(3), on: engine) {})
        }
    }
}
