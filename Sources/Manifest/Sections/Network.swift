internal import Model

extension Shape<NetworkSettings> {
    /// `spec.network`.
    static let network = section(
        [
            Rule("name", \.name, .name(.network), "The name of the network that the cluster's own parts share."),
            Rule("driver", \.driver, .oneOf(["bridge"]), "Docker's network driver. Cannot change."),
            Rule(
                "subnet", \.subnet, Shape<String>.subnet.optional(""),
                "A private IPv4 block; without it Docker chooses one."),
            Rule(
                "clients", \.clients, .clientNetwork,
                "The network that applications' containers join: they reach the poolers, the console and PostgreSQL, and nothing "
                    + "else."),
        ], defaults: NetworkSettings())
}

extension Shape<ClientNetworkSettings> {
    /// `spec.network.clients`.
    static let clientNetwork = section(
        [
            Rule(
                "name", \.name, Shape<NetworkName>.name(.network).optional(""),
                "Its name. Without it: that of the other network, and -clients."),
            Rule(
                "subnet", \.subnet, Shape<String>.subnet.optional(""),
                "A private IPv4 block; without it Docker chooses one."),
        ], defaults: ClientNetworkSettings())
}
