/// The labels that say who owns a Docker object and what it is for.
public enum Label {
    /// How all of them begin.
    public static let prefix = "io.pg-controller."

    /// On an image of ours: what its programs know (`ImageFeature`), separated by spaces.
    public static let features = "io.pg-controller.features"

    /// On an image of ours: the packages that it is for, as `name=version`, separated by spaces.
    public static let packages = "io.pg-controller.packages"
    /// On an image of ours: of when its oldest packages are, in seconds since 1970. The image itself may be newer.
    public static let packagesAt = "io.pg-controller.packages-at"

    /// What the creator of a container said of it. Docker adds the labels of the image to a container's own, so without this an
    /// image that an application brings could pass its containers off as ours.
    public static func given(_ labels: [String: String], byImage brought: [String: String]) -> [String: String] {
        labels.filter { !$0.key.hasPrefix(prefix) || brought[$0.key] != $0.value }
    }

    /// The owning cluster's name. Nothing without it is ever touched (invariant I9).
    public static let cluster = "io.pg-controller.cluster"
    /// The part: a `Component`.
    public static let component = "io.pg-controller.component"
    /// The name the object was created under, which survives a rename.
    public static let name = "io.pg-controller.name"
    /// How an etcd member joined: `new`, or `existing ` and the `initial-cluster` it was added with.
    public static let etcdJoin = "io.pg-controller.etcd-join"
    /// On an etcd member: whether its clients may (`accepted`) or have to (`required`) speak TLS. On a node: that it does
    /// (`used`). On a member's volume: that its data has never named a peer without TLS (`required`). A container or a volume
    /// of an older build has none.
    public static let etcdTLS = "io.pg-controller.etcd-tls"
    /// Set on a volume created for a node that is rebuilt: 2, 3, …
    public static let generation = "io.pg-controller.generation"
    /// Set on a volume made for a restore in place: the ID of its record.
    public static let restore = "io.pg-controller.restore"
    /// Set on a task's container: what it does, and for whom.
    public static let task = "io.pg-controller.task"
    /// On a volume created for a node that is rebuilt: which one it replaces and why; when, Docker says itself (`CreatedAt`).
    public static let replaces = "io.pg-controller.replaces"
    /// On the container that is a controller's lock: the cluster's name. It has no `cluster` label, because it is no part
    /// of the cluster.
    public static let lock = "io.pg-controller.lock"
    /// On a lock: who holds it, in words.
    public static let holder = "io.pg-controller.holder"
    /// On a lock: the container that holds it; empty for a process on the host.
    public static let holderContainer = "io.pg-controller.holder-container"
    /// On a lock: since when it is held, RFC 3339.
    public static let since = "io.pg-controller.since"
}

/// What the programs of an image know, beyond those of the first images. A node goes on with the image that it has, so the
/// controller asks nothing of it that this image does not know.
public enum ImageFeature: String, Sendable, Hashable {
    /// The programs ask Patroni with TLS.
    case patroniTLS = "patroni-tls"
    /// The programs reach Patroni at the node's internal name, and follow its address.
    case internalName = "internal-name"

    /// What an image says of itself. A newer image may know more.
    public static func named(in labels: [String: String]) -> Set<ImageFeature> {
        Set((labels[Label.features] ?? "").split(separator: " ").compactMap { ImageFeature(rawValue: String($0)) })
    }
}

/// What a Docker object is for.
public enum Component: String, Sendable, Hashable, CaseIterable {
    /// The cluster's network.
    case network
    /// An etcd member or its volume.
    case etcd
    /// A PostgreSQL node or its volume.
    case node
    /// The backup repository.
    case repository
    /// The web console.
    case console
    /// The controller's own container; never touched by the controller.
    case supervisor
    /// A connection pooler.
    case pooler
    /// A Prometheus of the cluster's own, or its volume.
    case prometheus
    /// A task that runs to its end: a backup, a restore, a drill.
    case task
    /// A container that was never started and has somebody's volumes read-only, for one look into them: the world's own
    /// means, which no planner sees.
    case reader
}
