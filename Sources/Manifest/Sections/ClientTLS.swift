internal import Model

extension Shape<ClientTLSSettings> {
    /// `spec.tls`.
    static let tls = section(
        [
            Rule("required", \.required, .flag, "Whether poolers and nodes refuse clients without TLS."),
            Rule(
                "hostNames", \.hostNames, Shape<String>.host.list(upTo: 50, empty: "", unique: { $0 }),
                "Names and IP addresses by which clients call this host, for the certificates of poolers and nodes. "
                    + "localhost and the addresses that ports bind to are known."),
        ], defaults: ClientTLSSettings(), later: ["certificateFile", "keyFile", "caFile"])
}
