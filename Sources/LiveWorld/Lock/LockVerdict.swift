import DockerAPI
import Model

/// What the container that stands in the place of a cluster's lock means, by what is seen of it.
///
/// The lock is a container, because a container's name is the only thing that Docker gives to one and not to two. Its process
/// reads from a connection of its holder, and ends when that ends: so it runs for exactly as long as its holder lives,
/// wherever that is and however it ends, and Docker removes it then.
enum LockVerdict: Equatable {
    /// Its holder lives.
    case taken
    /// It is on its way out: try again in a moment.
    case leaving
    /// Its holder ended before it could start it: it may be removed.
    case abandoned
    /// It is no lock of this cluster.
    case foreign

    /// A holder starts the container as soon as it has made it. What has not been started for so long never will be.
    static let patience: Duration = .seconds(10)

    /// - Parameters:
    ///   - status: the container's.
    ///   - owner: the cluster on its label.
    ///   - unchanged: for how long the same container has been seen like this.
    init(_ status: DockerContainerState.Status, owner: String?, cluster: ClusterName, unchanged: Duration) {
        guard owner == cluster.text else {
            self = .foreign
            return
        }
        switch status {
        case .running, .paused, .restarting: self = .taken
        case .created: self = unchanged < LockVerdict.patience ? .leaving : .abandoned
        case .exited, .dead: self = .abandoned
        case .removing, .unknown: self = .leaving
        }
    }
}
