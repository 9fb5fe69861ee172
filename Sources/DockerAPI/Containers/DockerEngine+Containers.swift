import HTTPTransport

extension DockerEngine {
    /// Containers: `GET /containers/json`.
    /// - Parameter all: also those that do not run.
    public func containers(
        all: Bool = true, _ filters: DockerFilters = [:], deadline: Duration = .seconds(2)
    ) async throws(DockerError) -> [DockerContainerSummary] {
        try await fetch(
            DockerCall(
                .get, ["containers", "json"], query: [("all", all ? "1" : nil), ("filters", filters.parameter)],
                to: "list containers of", object: "\(endpoint)", deadline: deadline))
    }

    /// One container in full: `GET /containers/{id}/json`.
    public func container(
        _ reference: String, deadline: Duration = .seconds(1)
    ) async throws(DockerError) -> DockerContainer {
        try await fetch(call(.get, reference, "json", to: "inspect", deadline: deadline))
    }

    /// Makes a container and returns its ID: `POST /containers/create`.
    /// - Parameters:
    ///   - name: the only atomic lock Docker has: of two at the same time one gets `.nameInUse`.
    ///   - networks: at most one on engines before 1.44, and then the one of `host.networkMode`; attach others with
    ///     `connect` before the start.
    /// - Throws: `.nameInUse`, `.noSuchImage`, `.badParameter`. A port conflict shows only at `start`.
    public func createContainer(
        name: String, _ configuration: DockerContainerConfiguration, host: DockerHostConfiguration = .init(),
        networks: [String: DockerEndpointConfiguration] = [:], deadline: Duration = .seconds(10)
    ) async throws(DockerError) -> String {
        let call = DockerCall(
            .post, ["containers", "create"], query: [("name", name)], to: "create container", object: name,
            deadline: deadline)
        let body = ContainerCreation(configuration: configuration, host: host, networks: networks)
        return try await fetch(try call.sending(body), as: CreatedObject.self).id
    }

    /// Removes a container: `DELETE /containers/{id}`.
    /// - Parameters:
    ///   - force: kills it first if it runs.
    ///   - removesAnonymousVolumes: also the volumes without a name that it mounts; named ones always stay.
    /// - Throws: `.notFound`, `.conflict` if it runs and `force` is not set, `.alreadyInProgress`.
    public func removeContainer(
        _ reference: String, force: Bool = false, removesAnonymousVolumes: Bool = false,
        deadline: Duration = .seconds(30)
    ) async throws(DockerError) {
        try await perform(
            DockerCall(
                .delete, ["containers", reference],
                query: [("force", force ? "1" : nil), ("v", removesAnonymousVolumes ? "1" : nil)],
                to: "remove container", object: reference, deadline: deadline))
    }

    /// Gives a container another name: `POST /containers/{id}/rename`.
    /// - Throws: `.nameInUse`; `.badParameter` for the name it has.
    public func renameContainer(
        _ reference: String, to name: String, deadline: Duration = .seconds(10)
    ) async throws(DockerError) {
        try await perform(
            call(.post, reference, "rename", query: [("name", name)], to: "rename", deadline: deadline))
    }

    /// Changes limits and the restart policy of a container, running or not: `POST /containers/{id}/update`.
    public func updateContainer(
        _ reference: String, _ update: DockerContainerUpdate, deadline: Duration = .seconds(10)
    ) async throws(DockerError) {
        try await perform(try call(.post, reference, "update", to: "update", deadline: deadline).sending(update))
    }

    func call(
        _ method: HTTPRequest.Method, _ reference: String, _ verb: String, query: [(name: String, value: String?)] = [],
        to attempted: String, deadline: Duration
    ) -> DockerCall {
        DockerCall(
            method, ["containers", reference, verb], query: query, to: "\(attempted) container", object: reference,
            deadline: deadline)
    }
}

/// The body of `POST /containers/create`: the configuration with two more fields beside its own.
private struct ContainerCreation: Encodable {
    let configuration: DockerContainerConfiguration
    let host: DockerHostConfiguration
    let networks: [String: DockerEndpointConfiguration]

    enum CodingKeys: String, CodingKey { case host = "HostConfig", networking = "NetworkingConfig" }
    enum NetworkingKeys: String, CodingKey { case endpoints = "EndpointsConfig" }

    func encode(to encoder: any Encoder) throws {
        try configuration.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(host, forKey: .host)
        if !networks.isEmpty {
            var networking = values.nestedContainer(keyedBy: NetworkingKeys.self, forKey: .networking)
            try networking.encode(networks, forKey: .endpoints)
        }
    }
}
