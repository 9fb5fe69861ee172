import FoundationEssentials
public import HTTPTransport

extension DockerEngine {
    /// Images: `GET /images/json`.
    public func images(
        _ filters: DockerFilters = [:], deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> [DockerImageSummary] {
        try await fetch(
            DockerCall(
                .get, ["images", "json"], query: [("filters", filters.parameter)], to: "list images of",
                object: "\(endpoint)", deadline: deadline))
    }

    /// One image in full: `GET /images/{reference}/json`.
    /// - Throws: `.noSuchImage`.
    public func image(_ reference: String, deadline: Duration = .seconds(2)) async throws(DockerError) -> DockerImage {
        try await fetch(
            DockerCall(.get, ["images", reference, "json"], to: "inspect image", object: reference, deadline: deadline))
    }

    /// Pulls an image from its registry: `POST /images/create`.
    /// - Parameters:
    ///   - reference: with tag or digest; without either, `latest`.
    ///   - registryAuthentication: the base64url form of Docker's `X-Registry-Auth`; `nil` means anonymous.
    /// - Throws: `.serverError` at once when the registry cannot be reached; `.imageFailed` in the progress.
    public func pull(
        _ reference: String, registryAuthentication: String? = nil, deadline: Duration = .seconds(60),
        idleLimit: Duration = .seconds(120)
    ) async throws(DockerError) -> DockerProgressStream {
        let (name, tag) = Self.nameAndTag(reference)
        var call = DockerCall(
            .post, ["images", "create"], query: [("fromImage", name), ("tag", tag)], to: "pull image",
            object: reference, deadline: deadline)
        if let registryAuthentication { call.headers = [("X-Registry-Auth", registryAuthentication)] }
        return try await progress(call, idleLimit: idleLimit)
    }

    /// Makes an image of one layer out of a file system: `POST /images/create?fromSrc=-`.
    /// - Parameters:
    ///   - archive: the file system as a tar archive, in memory as a whole.
    ///   - changes: Dockerfile instructions such as `CMD ["/bin/sh"]`.
    public func importImage(
        _ reference: String, archive: [UInt8], changes: [String] = [], deadline: Duration = .seconds(120)
    ) async throws(DockerError) -> DockerProgressStream {
        let (name, tag) = Self.nameAndTag(reference)
        var query: [(name: String, value: String?)] = [("fromSrc", "-"), ("repo", name), ("tag", tag)]
        query += changes.map { ("changes", $0) }
        let call = DockerCall(
            .post, ["images", "create"], query: query, to: "import image", object: reference, deadline: deadline)
        return try await progress(call.sending(tar: archive), idleLimit: deadline)
    }

    /// Loads images that `saveImage` wrote: `POST /images/load`.
    public func loadImages(
        archive: [UInt8], deadline: Duration = .seconds(120)
    ) async throws(DockerError) -> DockerProgressStream {
        let call = DockerCall(
            .post, ["images", "load"], to: "load images into", object: "\(endpoint)", deadline: deadline)
        return try await progress(call.sending(tar: archive), idleLimit: deadline)
    }

    /// An image with all its layers as a tar archive: `GET /images/{reference}/get`.
    public func saveImage(_ reference: String, deadline: Duration = .seconds(60)) async throws(DockerError)
        -> HTTPStream
    {
        let call = DockerCall(
            .get, ["images", reference, "get"], to: "save image", object: reference, deadline: deadline)
        return try await open(call, idleLimit: deadline)
    }

    /// Removes a reference, and the image with its last one: `DELETE /images/{reference}`.
    /// - Throws: `.inUse`, `.noSuchImage`.
    public func removeImage(
        _ reference: String, force: Bool = false, deadline: Duration = .seconds(30)
    ) async throws(DockerError) {
        try await perform(
            DockerCall(
                .delete, ["images", reference], query: [("force", force ? "1" : nil)], to: "remove image",
                object: reference, deadline: deadline))
    }

    /// `registry:5000/a/b:tag` in two; a digest counts as the tag, and neither is `latest`.
    package static func nameAndTag(_ reference: String) -> (name: String, tag: String) {
        if let at = reference.firstIndex(of: "@") {
            return (String(reference[..<at]), String(reference[reference.index(after: at)...]))
        }
        guard let colon = reference.lastIndex(of: ":"), !reference[colon...].contains("/") else {
            return (reference, "latest")
        }
        return (String(reference[..<colon]), String(reference[reference.index(after: colon)...]))
    }

    private func progress(_ call: DockerCall, idleLimit: Duration) async throws(DockerError) -> DockerProgressStream {
        DockerProgressStream(lines: try await open(call, idleLimit: idleLimit).lines(), call: call)
    }
}
