/// What one node is kept from, as Patroni's tags say it.
public struct NodeTags: Sendable, Hashable {
    /// The node.
    public var node: NodeName
    /// Whether it never leads.
    public var nofailover = false
    /// Whether no commit waits for it.
    public var nosync = false
    /// Whether the read-only addresses leave it out, as long as another one streams.
    public var noloadbalance = false
    /// A node that is kept from nothing.
    public init(_ node: NodeName) { self.node = node }

    /// The names of all tags, in the order in which they are written.
    public static let names = ["nofailover", "nosync", "noloadbalance"]
    /// The names of those that are set.
    public var names: [String] { zip(NodeTags.names, [nofailover, nosync, noloadbalance]).filter(\.1).map(\.0) }
}

extension Cluster {
    /// A node's tags.
    public func tags(of node: NodeName) -> NodeTags { nodes.tags.first { $0.node == node } ?? NodeTags(node) }

    /// How many standbys may confirm commits at least, for each node that may lead.
    public var fewestStandbys: Int {
        let leaders = nodeNames.filter { !tags(of: $0).nofailover }
        return leaders.map { leader in nodeNames.filter { $0 != leader && !tags(of: $0).nosync }.count }.min() ?? 0
    }
}
