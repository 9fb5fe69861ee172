extension SecretName {
    /// The password of etcd's superuser, with which the controller asks.
    public static let etcdRoot: SecretName = "etcd-root"
    /// The password of a node's user in etcd.
    public static func etcdUser(of node: NodeName) -> SecretName { SecretName("etcd-node-\(node)") }
}

/// The users that etcd has.
public enum EtcdUsers {
    /// etcd's own name for its superuser, and for the role of that one: the controller's.
    public static let root = "root"
    /// The role of all nodes.
    public static let nodes = "node"

    /// A node's user. gRPC takes a certificate's common name for a user, and the poolers' is the cluster's name, which has no dot.
    public static func user(of node: NodeName) -> String { Principal.etcdClient(node).text }

    /// The secret of a user, when it is one of ours.
    public static func secret(of user: String) -> SecretName? {
        if user == root { return .etcdRoot }
        return user.hasSuffix(".etcd") ? .etcdUser(of: NodeName(String(user.dropLast(5)))) : nil
    }

    /// Every user, its secret and its role: the controller, and each node.
    public static func wanted(_ cluster: Cluster) -> [(user: String, secret: SecretName, role: String)] {
        [(root, .etcdRoot, root)] + cluster.nodeNames.map { (user(of: $0), .etcdUser(of: $0), nodes) }
    }
}
