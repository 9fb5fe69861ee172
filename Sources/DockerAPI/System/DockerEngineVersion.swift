/// `GET /version`: what runs, and which API versions it speaks.
public struct DockerEngineVersion: Sendable, Hashable, Decodable {
    /// The engine's version, `28.5.2`.
    public let version: String
    /// The newest API version it speaks.
    public let apiVersion: String
    /// The oldest API version it still answers.
    public let minAPIVersion: String?

    enum CodingKeys: String, CodingKey {
        case version = "Version", apiVersion = "ApiVersion", minAPIVersion = "MinAPIVersion"
    }
}
