package import Model

/// The parts of an observation, each looked at in its own moment.
extension Universe {
    /// Images the cluster asks for.
    package static func images(of cluster: Cluster) -> [ImageReference] {
        var images = [cluster.etcd.image, cluster.nodes.image]
        if cluster.console.enabled { images.append(cluster.console.image) }
        return images.sorted()
    }

    /// etcd's containers: those the manifest names, and ours that it does not name any more.
    package func etcdNames(_ cluster: Cluster) -> [ContainerName] {
        let seen = engine.containers.filter { $0.component == .etcd && $0.owner == scope.text }
        return Universe.union(cluster.etcdNames, seen.map { ContainerName($0.home) })
    }

    /// The nodes: those the manifest names, and ours that it does not name any more.
    package func nodeNames(_ cluster: Cluster) -> [NodeName] {
        let seen = engine.containers.filter { $0.component == .node && $0.owner == scope.text }
        return Universe.union(cluster.nodeNames, seen.map { NodeName($0.home) })
    }

    private static func union<Item: Name>(_ first: [Item], _ second: [Item]) -> [Item] {
        var all = first
        for item in second where !all.contains(item) { all.append(item) }
        return all.sorted()
    }
}
