/// Something that happened at the engine. A hint to look again, never the truth: events can be missed.
public struct DockerEvent: Sendable, Hashable {
    /// `container`, `network`, `volume`, `image`, `daemon`.
    public let type: String
    /// `die`, `start`, `destroy`, `health_status: healthy`, `exec_start: /bin/true`.
    public let action: String
    /// ID of the object; its name for volumes and images.
    public let id: String
    /// Labels of a container, and facts such as `name`, `exitCode`, `container`, `signal`.
    public let attributes: [String: String]
    /// When, by the engine's clock.
    public let time: DockerTime

    /// The action without what follows its colon: `health_status`, `exec_start`.
    public var verb: String { action.split(separator: ":").first.map(String.init) ?? action }
    /// The object's name, where the engine says it.
    public var name: String? { attributes["name"] }
    /// How a container's process ended; only `die` has it. 255 also stands for "unknown".
    public var exitCode: Int? { attributes["exitCode"].flatMap { Int($0) } }
}

extension DockerEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case type = "Type", action = "Action", actor = "Actor", time, timeNano
    }
    private struct Actor: Decodable {
        var ID: String?
        var Attributes: [String: String]?
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        type = try values.value(.type, or: "")
        action = try values.value(.action, or: "")
        let actor = try values.decodeIfPresent(Actor.self, forKey: .actor)
        id = actor?.ID ?? ""
        attributes = actor?.Attributes ?? [:]
        let seconds = try values.value(.time, or: Int64(0))
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let nanoseconds = try values.decodeIfPresent(Int64.self, forKey: .timeNano) ?? (overflow ? 0 : whole)
        time = DockerTime(nanosecondsSince1970: nanoseconds)
    }
}
