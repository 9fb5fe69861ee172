import HTTPTransport

extension DockerEngine {
    /// Volumes: `GET /volumes`.
    public func volumes(
        _ filters: DockerFilters = [:], deadline: Duration = .seconds(2)
    ) async throws(DockerError) -> [DockerVolume] {
        struct Answer: Decodable { let Volumes: [DockerVolume]? }
        let call = DockerCall(
            .get, ["volumes"], query: [("filters", filters.parameter)], to: "list volumes of", object: "\(endpoint)",
            deadline: deadline)
        return try await fetch(call, as: Answer.self).Volumes ?? []
    }

    /// One volume: `GET /volumes/{name}`.
    public func volume(_ name: String, deadline: Duration = .seconds(1)) async throws(DockerError) -> DockerVolume {
        try await fetch(DockerCall(.get, ["volumes", name], to: "inspect volume", object: name, deadline: deadline))
    }

    /// Makes a volume, or finds the one that has the name already: `POST /volumes/create`.
    ///
    /// - Important: the engine answers 201 for an existing name, too, with the labels it already had. Compare the
    ///   labels of what comes back before using it.
    public func createVolume(
        _ configuration: DockerVolumeConfiguration, deadline: Duration = .seconds(10)
    ) async throws(DockerError) -> DockerVolume {
        let call = DockerCall(
            .post, ["volumes", "create"], to: "create volume", object: configuration.name, deadline: deadline)
        return try await fetch(try call.sending(configuration))
    }

    /// Removes a volume and its data: `DELETE /volumes/{name}`.
    /// - Throws: `.inUse` while any container, running or not, mounts it.
    public func removeVolume(
        _ name: String, force: Bool = false, deadline: Duration = .seconds(30)
    ) async throws(DockerError) {
        try await perform(
            DockerCall(
                .delete, ["volumes", name], query: [("force", force ? "1" : nil)], to: "remove volume", object: name,
                deadline: deadline))
    }
}
