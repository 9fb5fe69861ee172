/// What the cluster was created with: the controller's own key in etcd, written once there is a primary.
public struct BootstrapRecord: Sendable, Hashable {
    /// The lasting fields, by their path in the manifest.
    public var values: [LabelValue]
    /// A record.
    public init(values: [LabelValue]) { self.values = values }

    /// Its key.
    public static func key(of cluster: ClusterName) -> String { "/controller/\(cluster)/founded" }

    /// Reads the record from etcd; nil where it is not one of ours.
    public init?(_ value: JSONValue) {
        guard case .members(let members) = value else { return nil }
        values = members.compactMap { member in member.value.string.map { LabelValue(member.name, $0) } }
    }

    /// The key's value.
    public var value: String { JSONValue.object(values.map { ($0.key, .string($0.value)) }).text }
}
