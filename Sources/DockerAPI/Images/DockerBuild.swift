/// What an image is built from, beside its context.
public struct DockerBuild: Sendable, Hashable {
    /// References for the result, `pg-controller/postgres:18`.
    public var tags: [String]
    /// The Dockerfile's path in the context.
    public var dockerfile: String
    /// Values of the Dockerfile's `ARG`s. They stay readable in the image's history: no secrets.
    public var arguments: [String: String]
    /// Labels of the result.
    public var labels: [String: String]
    /// The stage to build; `nil` means the last.
    public var target: String?
    /// Whether to ignore the cache.
    public var ignoresCache: Bool
    /// Whether to ask the registry for a newer base image.
    public var pullsBase: Bool
    /// The network of `RUN`; `nil` means the default bridge.
    public var networkMode: String?

    /// Makes a build.
    public init(
        tags: [String], dockerfile: String = "Dockerfile", arguments: [String: String] = [:],
        labels: [String: String] = [:], target: String? = nil, ignoresCache: Bool = false, pullsBase: Bool = false,
        networkMode: String? = nil
    ) {
        self.tags = tags
        self.dockerfile = dockerfile
        self.arguments = arguments
        self.labels = labels
        self.target = target
        self.ignoresCache = ignoresCache
        self.pullsBase = pullsBase
        self.networkMode = networkMode
    }
}
