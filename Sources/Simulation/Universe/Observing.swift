package import Model

/// The parts of an observation, each looked at in its own moment.
extension Universe {
    /// Images the cluster asks for.
    package static func images(of cluster: Cluster) -> [ImageReference] {
        var images = [cluster.etcd.image, cluster.nodes.image]
        if cluster.console.enabled { images.append(cluster.console.image) }
        if cluster.pooler.enabled { images.append(cluster.pooler.image) }
        return images.sorted()
    }
}
