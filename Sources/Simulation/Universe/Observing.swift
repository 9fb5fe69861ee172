package import Model

/// The parts of an observation, each looked at in its own moment.
extension Universe {
    /// Images the cluster asks for.
    package static func images(of cluster: Cluster) -> [ImageReference] { cluster.images }
}
