public import Model

/// Gives a store that was lost its memory back, from the data that survived on the nodes (faults E05 and E06): the
/// system identifier first, so that no node can ever be initialised anew in its place.
public struct Bootstrap: Reconciler {
    /// Its name in plans and events.
    public let name = "bootstrap"
    /// Creates the planner.
    public init() {}

    /// Two conditional writes, only when every node volume was seen.
    public func propose(_ scene: Scene) -> Proposal {
        guard let site = Site(scene), case .forgotten(let identifier) = History(site, store: EtcdStore(site)) else {
            return Proposal()
        }
        let holdings = scene.cluster.nodeNames.map { Holding($0, at: site) }
        guard !holdings.contains(.unseen), !holdings.contains(.running) else {
            return Proposal(waiting: ["a look into every node volume"], lookAgain: .milliseconds(500))
        }
        let prefix = scene.cluster.dcsPrefix
        let configuration = DynamicConfiguration.desired(for: scene.cluster).text
        return Proposal(
            actions: [
                Action(
                    .etcd(.putIfAbsent(key: prefix + "config", value: configuration)), on: .leadership,
                    because: .memberLost("store")),
                Action(
                    .etcd(.putIfAbsent(key: prefix + "initialize", value: identifier)), on: .leadership,
                    because: .memberLost("store")),
            ],
            waiting: ["etcd to know the cluster again"], lookAgain: .milliseconds(250))
    }
}
