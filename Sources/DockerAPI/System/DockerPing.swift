/// What `GET /_ping` tells in its headers.
public struct DockerPing: Sendable, Hashable {
    /// The newest API version the engine speaks.
    public let apiVersion: DockerAPIVersion
    /// `linux` or `windows`.
    public let operatingSystem: String
}
