import DockerAPI
import Model
import Testing

@testable import LiveWorld

@Suite("The container that is a controller's lock")
struct LockVerdictTests {
    @Test(
        "runs for as long as its holder lives",
        arguments: [
            (.running, "shop", 0, .taken), (.running, "shop", 1000, .taken), (.paused, "shop", 0, .taken),
            (.created, "shop", 0, .leaving), (.created, "shop", 9, .leaving), (.created, "shop", 10, .abandoned),
            (.exited, "shop", 0, .abandoned), (.dead, "shop", 0, .abandoned), (.removing, "shop", 100, .leaving),
            (.unknown, "shop", 100, .leaving), (.running, "other", 0, .foreign), (.exited, nil, 100, .foreign),
        ] as [(DockerContainerState.Status, String?, Int, LockVerdict)])
    func verdict(_ status: DockerContainerState.Status, _ owner: String?, _ seconds: Int, _ verdict: LockVerdict) {
        #expect(LockVerdict(status, owner: owner, cluster: "shop", unchanged: .seconds(seconds)) == verdict)
    }
}
