import Testing

/// Scripts that once found a disagreement, or that chance rarely writes.
struct Scenario: Sendable, CustomTestStringConvertible {
    let name: String
    let actions: [ContractAction]
    var testDescription: String { name }

    private static let opening: [ContractAction] = [
        .createNetwork("net", subnet: 0), .createContainer("a", .init()), .start("a"),
    ]

    private init(_ name: String, _ actions: [ContractAction]) {
        self.name = name
        self.actions = actions
    }

    static let all: [Scenario] = [
        Scenario(
            "a second start, stop, kill, and what an end refuses",
            opening + [
                .start("a"), .stop("a"), .stop("a"), .kill("a"), .pause("a"), .unpause("a"), .run("a"), .start("a"),
                .kill("a"), .remove("a"), .remove("a"), .start("a"), .stop("a"), .kill("a"), .pause("a"), .unpause("a"),
                .run("a"), .upload("a"), .rename("a", to: "b"), .update("a", megabytes: 96, policy: "no"),
                .removeByForce("a"), .restart("a"), .connect("a", to: "net"), .disconnect("a", from: "net"),
            ]),
        Scenario(
            "what a container that never started refuses",
            [
                .createNetwork("net", subnet: 0), .createContainer("a", .init()), .stop("a"), .kill("a"), .pause("a"),
                .unpause("a"), .run("a"), .exit("a", code: 3), .upload("a"), .restart("a"), .removeByForce("a"),
            ]),
        Scenario(
            "what a frozen container refuses",
            opening + [
                .pause("a"), .pause("a"), .start("a"), .run("a"), .remove("a"), .upload("a"),
                .update("a", megabytes: 96, policy: "no"), .rename("a", to: "d"), .disconnect("a", from: "net"),
                .connect("a", to: "net"), .unpause("a"), .unpause("a"), .pause("a"), .removeByForce("a"),
            ]),
        Scenario("a stop of a frozen container lets it end by itself", opening + [.pause("a"), .stop("a")]),
        Scenario("a kill of a frozen container", opening + [.pause("a"), .kill("a")]),
        Scenario("a restart of a frozen container", opening + [.pause("a"), .restart("a")]),
        Scenario(
            "names",
            opening + [
                .createContainer("a", .init()), .createContainer("a", .init(hasImage: false)),
                .createContainer("b", .init(hasImage: false)), .createContainer("b", .init()), .rename("a", to: "b"),
                .rename("a", to: "a"), .rename("a", to: "d"), .createContainer("a", .init()),
            ]),
        Scenario(
            "volumes",
            [
                .createNetwork("net", subnet: 0), .createVolume("v", note: "one"), .createVolume("v", note: "one"),
                .createVolume("v", note: "two"), .createContainer("a", .init(volume: "v")), .removeVolume("v"),
                .start("a"),
                .removeVolume("v"), .kill("a"), .removeVolume("v"), .remove("a"), .removeVolume("v"),
                .removeVolume("v"),
                .createContainer("a", .init(volume: "w")), .createContainer("a", .init(volume: "v")),
            ]),
        Scenario(
            "networks",
            opening + [
                .createNetwork("net", subnet: 1), .createNetwork("other", subnet: 0),
                .createNetwork("other", subnet: 1),
                .connect("a", to: "other"), .connect("a", to: "other"), .removeNetwork("other"), .removeNetwork("net"),
                .disconnect("a", from: "net"), .disconnect("a", from: "net"), .removeNetwork("net"),
                .removeNetwork("net"),
                .kill("a"), .connect("a", to: "other"), .disconnect("a", from: "other"),
                .disconnect("a", from: "other"),
                .connect("a", to: "net"), .connect("a", to: "other"), .start("a"),
            ]),
        Scenario(
            "a network that is gone when its container starts",
            [
                .createContainer("a", .init()), .start("a"), .createNetwork("net", subnet: 0), .start("a"), .kill("a"),
                .removeNetwork("net"), .start("a"), .createNetwork("net", subnet: 0), .start("a"), .remove("a"),
            ]),
        Scenario(
            "endpoints of a container that never started",
            [
                .createNetwork("net", subnet: 0), .createNetwork("other", subnet: 1), .createContainer("a", .init()),
                .connect("a", to: "net"), .connect("a", to: "other"), .connect("a", to: "other"),
                .disconnect("a", from: "net"), .disconnect("a", from: "net"), .start("a"),
            ]),
        Scenario(
            "a port that is taken",
            [
                .createNetwork("net", subnet: 0), .createContainer("a", .init(port: 0)),
                .createContainer("b", .init(port: 0)), .start("a"), .start("b"), .remove("b"),
                .createContainer("b", .init(port: 0)), .start("b"), .pause("a"), .start("b"), .kill("a"), .start("b"),
                .start("a"),
            ]),
        Scenario(
            "restart policies",
            [
                .createNetwork("net", subnet: 0), .createContainer("a", .init(policy: "always")), .start("a"),
                .exit("a", code: 3), .exit("a", code: 0), .stop("a"), .start("a"), .kill("a"), .start("a"),
                .restart("a"),
                .update("a", megabytes: 64, policy: "on-failure"), .exit("a", code: 3), .exit("a", code: 0),
                .start("a"),
                .update("a", megabytes: 64, policy: "unless-stopped"), .exit("a", code: 0), .stop("a"),
            ]),
        Scenario(
            "removal of a network that lives on in a stopped container",
            opening + [
                .createNetwork("other", subnet: 1), .connect("a", to: "other"), .kill("a"), .removeNetwork("other"),
                .start("a"), .disconnect("a", from: "other"), .start("a"),
            ]),
        Scenario(
            "a network made anew under its old name",
            opening + [
                .kill("a"), .removeNetwork("net"), .createNetwork("net", subnet: 1), .connect("a", to: "net"),
                .start("a"),
            ]),
    ]
}
