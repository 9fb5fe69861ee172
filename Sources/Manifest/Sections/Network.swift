internal import Model

extension Shape<NetworkSettings> {
    /// `spec.network`.
    static let network = section(
        [
            Rule("name", \.name, .name(.network), "The network's name."),
            Rule("driver", \.driver, .oneOf(["bridge"]), "Docker's network driver. Cannot change."),
            Rule(
                "subnet", \.subnet, Shape<String>.subnet.optional(""),
                "A private IPv4 block; without it Docker chooses one."),
        ], defaults: NetworkSettings())
}
