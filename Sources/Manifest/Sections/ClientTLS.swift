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
            Rule(
                "certificateFile", \.certificateFile, Shape<String>.file.optional(""),
                "A PEM file with a certificate of yours for the poolers, and those between it and its authority."),
            Rule(
                "keyFile", \.keyFile, Shape<String>.file.optional(""),
                "The PEM file with its key. Both are read again when they change."),
            Rule(
                "caFile", \.caFile, Shape<String>.file.optional(""),
                "A PEM file with the authority by which clients know it."),
        ], defaults: ClientTLSSettings())
}
