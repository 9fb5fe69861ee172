import HTTPTransport

extension DockerEngine {
    /// Networks, without their endpoints: `GET /networks`.
    public func networks(
        _ filters: DockerFilters = [:], deadline: Duration = .seconds(2)
    ) async throws(DockerError) -> [DockerNetwork] {
        try await fetch(
            DockerCall(
                .get, ["networks"], query: [("filters", filters.parameter)], to: "list networks of",
                object: "\(endpoint)", deadline: deadline))
    }

    /// One network with its endpoints: `GET /networks/{id}`.
    public func network(_ reference: String, deadline: Duration = .seconds(1)) async throws(DockerError)
        -> DockerNetwork
    {
        try await fetch(
            DockerCall(.get, ["networks", reference], to: "inspect network", object: reference, deadline: deadline))
    }

    /// Makes a network and returns its ID: `POST /networks/create`.
    /// - Throws: `.nameInUse`, `.addressRangeTaken`.
    public func createNetwork(
        _ configuration: DockerNetworkConfiguration, deadline: Duration = .seconds(10)
    ) async throws(DockerError) -> String {
        let call = DockerCall(
            .post, ["networks", "create"], to: "create network", object: configuration.name, deadline: deadline)
        return try await fetch(try call.sending(configuration), as: CreatedObject.self).id
    }

    /// Removes a network: `DELETE /networks/{id}`.
    /// - Throws: `.hasEndpoints`, `.notFound`.
    public func removeNetwork(_ reference: String, deadline: Duration = .seconds(10)) async throws(DockerError) {
        try await perform(
            DockerCall(.delete, ["networks", reference], to: "remove network", object: reference, deadline: deadline))
    }

    /// Attaches a container, running or not: `POST /networks/{id}/connect`.
    /// - Throws: `.wrongAttachment` if a running one is attached already.
    public func connect(
        _ container: String, toNetwork reference: String, as configuration: DockerEndpointConfiguration = .init(),
        deadline: Duration = .seconds(10)
    ) async throws(DockerError) {
        struct Body: Encodable {
            let Container: String
            let EndpointConfig: DockerEndpointConfiguration
        }
        let call = DockerCall(
            .post, ["networks", reference, "connect"], to: "connect container \(container) to network",
            object: reference, deadline: deadline)
        try await perform(try call.sending(Body(Container: container, EndpointConfig: configuration)))
    }

    /// Detaches a container: `POST /networks/{id}/disconnect`.
    /// - Parameter force: also an endpoint whose container is gone.
    /// - Throws: `.wrongAttachment` if it is not attached.
    public func disconnect(
        _ container: String, fromNetwork reference: String, force: Bool = false, deadline: Duration = .seconds(10)
    ) async throws(DockerError) {
        struct Body: Encodable {
            let Container: String
            let Force: Bool
        }
        let call = DockerCall(
            .post, ["networks", reference, "disconnect"], to: "disconnect container \(container) from network",
            object: reference, deadline: deadline)
        try await perform(try call.sending(Body(Container: container, Force: force)))
    }
}

/// `{"Id": …}`, the answer to most creations.
struct CreatedObject: Decodable {
    let id: String
    enum CodingKeys: String, CodingKey { case id = "Id" }
}
