import HTTPTransport

extension DockerEngine {
    /// Asks whether the engine answers, and what it speaks: unversioned `GET /_ping`.
    /// - Throws: `.unavailable`, `.timedOut`, `.permissionDenied`; `.malformed` if the answer is not Docker's.
    public func ping(deadline: Duration = .seconds(2)) async throws(DockerError) -> DockerPing {
        let subject = DockerCall(.get, ["_ping"], to: "ping", object: "\(endpoint)", deadline: deadline)
        let response = try await exchange(subject, path: "/_ping", deadline: deadline)
        guard response.status == 200 else { throw DockerError.classified(response, for: subject) }
        guard let text = response.headers["Api-Version"], let version = DockerAPIVersion(text) else {
            throw subject.error(.malformed, "no Api-Version header in the answer to /_ping: is this a Docker Engine?")
        }
        return DockerPing(apiVersion: version, operatingSystem: response.headers["OSType"] ?? "linux")
    }

    /// The engine and its host: `GET /info`.
    public func info(deadline: Duration = .seconds(5)) async throws(DockerError) -> DockerEngineInformation {
        try await fetch(
            DockerCall(.get, ["info"], to: "ask for information", object: "\(endpoint)", deadline: deadline))
    }

    /// The engine's version: `GET /version`.
    public func version(deadline: Duration = .seconds(2)) async throws(DockerError) -> DockerEngineVersion {
        try await fetch(
            DockerCall(.get, ["version"], to: "ask for the version", object: "\(endpoint)", deadline: deadline))
    }

    /// The API version in use, agreed first if need be.
    /// - Throws: `.unsupportedAPIVersion` if the engine speaks nothing in `DockerAPIVersion.spoken`.
    public func agreedVersion(deadline: Duration = .seconds(2)) async throws(DockerError) -> DockerAPIVersion {
        if let known = agreement.current { return known }
        let offered = try await ping(deadline: deadline).apiVersion
        guard let version = DockerAPIVersion.agreed(engineOffers: offered) else {
            throw DockerError(
                .unsupportedAPIVersion, attempted: "agree on an API version with", object: "\(endpoint)",
                message:
                    "the engine speaks at most \(offered), this program needs \(DockerAPIVersion.spoken.lowerBound)"
            )
        }
        agreement.agree(version)
        return version
    }
}
