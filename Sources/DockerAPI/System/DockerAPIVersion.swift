/// A version of the Engine API, as in the path `/v1.41/…`.
public struct DockerAPIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The part before the dot; 1 ever since.
    public let major: Int
    /// The part after the dot.
    public let minor: Int

    /// Makes a version of two numbers.
    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Parses `1.41`; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0, minor >= 0 else {
            return nil
        }
        self.init(major, minor)
    }

    /// What this client speaks: Engine 20.10 (1.41) is the oldest it was tried against, Engine 28.5 (1.51) the newest.
    public static let spoken = DockerAPIVersion(1, 41)...DockerAPIVersion(1, 51)

    /// `1.41`.
    public var description: String { "\(major).\(minor)" }

    /// By major, then by minor number: 1.9 is older than 1.41.
    public static func < (one: Self, other: Self) -> Bool { (one.major, one.minor) < (other.major, other.minor) }

    /// The version to talk to an engine that offers `newest`: the newest both know, `nil` if the engine is too old.
    package static func agreed(engineOffers newest: Self) -> Self? {
        newest < spoken.lowerBound ? nil : min(newest, spoken.upperBound)
    }
}
