import Supervisor

/// Which endpoint a name on the command line means.
enum EndpointChoice {
    /// All names that an endpoint can have.
    static let names = ["pooler", "pooler-ro", "primary", "replica", "any-primary", "console"]

    /// - Throws: exit code 2 for a name that no endpoint has; 1 where the cluster has no such endpoint now.
    static func url(of name: String, in status: StatusReport) throws(Failure) -> String {
        if let found = status.endpoints.first(where: { $0.name == name }) { return found.url }
        guard names.contains(name) else {
            throw Failure(
                .badInput,
                "\(Terminal.plain(name)) is no name of an endpoint; the names are \(names.joined(separator: ", "))")
        }
        let known = status.endpoints.map(\.name).joined(separator: ", ")
        throw Failure("there is no endpoint \(name) now; there are \(known)")
    }
}
