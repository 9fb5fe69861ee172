public import Model

/// Whom a fault strikes; decided when it strikes, because by then the roles may have changed.
public enum Target: Sendable, Hashable {
    /// The node that takes writes.
    case primary
    /// The n-th node that does not.
    case replica(Int)
    /// The n-th node.
    case node(Int)
    /// The n-th etcd member.
    case etcd(Int)
    /// The web console.
    case console
}

/// Something that happens to the world by itself or by somebody's hand (docs/faults.md).
public enum Fault: Sendable, Hashable {
    /// SIGKILL (C01, E01).
    case kill(Target)
    /// The first process ends with this code; 255 is a shim that died (C02, C03, C11).
    case exit(Target, code: Int)
    /// `docker pause` (C04).
    case pause(Target)
    /// `docker unpause`.
    case unpause(Target)
    /// `docker stop` (C05, U02).
    case stop(Target)
    /// `docker restart`, or `docker start` of one that does not run (C05).
    case restart(Target)
    /// `docker rm -f`, the volume stays (C06, U01).
    case remove(Target)
    /// `docker rename` (U03).
    case rename(Target)
    /// All nodes are killed at once (C08), or everything is (D01, H05).
    case killAll(withStore: Bool)
    /// Every container of the cluster is removed (U01).
    case removeAll
    /// The data below a running node is wiped (V01).
    case wipe(Target)
    /// Container and volume are removed (V03, E03).
    case lose(Target)
    /// The volume is swapped for one with another cluster's data (V05); a person puts it back in the end.
    case swap(Target)
    /// Every etcd member's container and volume is removed (E05, E06).
    case loseStore
    /// A stranger's volume has a name of ours (V08).
    case squatVolume(VolumeName)
    /// A stranger's network has our name.
    case squatNetwork(NetworkName)
    /// `docker network disconnect` (N02).
    case disconnect(Target, NetworkName)
    /// `docker network connect`, without the names that the controller gives an endpoint.
    case attach(Target, NetworkName)
    /// A network is removed after all containers were disconnected (N06).
    case removeNetwork(NetworkName)
    /// Docker's API does not answer (D03).
    case silenceEngine(Duration)
    /// Docker's API is slow (D07).
    case slowEngine(Duration)
    /// What Docker, etcd and PostgreSQL are asked for takes long, all but what decides who leads (D07).
    case slowEffects(Duration)
    /// The event stream is cut (D05).
    case deafen(Duration)
    /// Patroni is stopped while PostgreSQL goes on (P01).
    case hang(Target)
    /// The postmaster dies inside a living container (G01).
    case crashServer(Target)
    /// WAL reaches a replica late (N05).
    case delayWAL(Target, Duration)
    /// Its Patroni never runs in an election, until its container starts again.
    case shyAway(Target)
    /// `patronictl edit-config` (P05).
    case editConfiguration(JSONValue)
    /// `patronictl pause` (P06), and `resume`.
    case pausePatroni(Bool)
    /// `controller pause`, of the cluster or of a node.
    case hold(Target?)
    /// `controller resume`, of everything.
    case letGo
    /// `patronictl switchover` (P12).
    case switchOver
    /// `controller switchover`, to one of the replicas or to the best one.
    case requestSwitchover(Target?)
    /// A transaction through a pooler stays open for long.
    case openTransaction(Duration)
    /// Clients write nothing any more, for good.
    case quietClients
    /// Somebody writes nonsense into the switchover's record.
    case spoilSwitchover
    /// `DROP EXTENSION` (U06).
    case dropExtension
    /// A role loses its login or its password is changed (U07).
    case spoilRole(RoleName)
    /// A role is made a superuser.
    case promoteRole(RoleName)
    /// `REASSIGN OWNED` and `DROP ROLE`.
    case dropRole(RoleName)
    /// `REVOKE CONNECT ON DATABASE … FROM PUBLIC`, and from the monitor.
    case closeDatabase(DatabaseName)
    /// `DROP DATABASE`.
    case dropDatabase(DatabaseName)
    /// `ALTER DATABASE … OWNER TO postgres`.
    case disownDatabase(DatabaseName)
    /// Somebody connects to a database, or leaves it.
    case connect(DatabaseName, Bool)
    /// A file of ours is edited (U11).
    case editFile(Target)
    /// `docker update` (U04).
    case changeLimits(Target)
    /// A container is removed and a stranger takes its name (U09).
    case usurp(Target)
    /// Somebody else listens on a port of a container that is stopped (N09).
    case takePort(Target)
    /// etcd is full (E07).
    case fillStore
    /// The disk under the volumes, of 100 GiB, gets so much free space: something fills it, or a person makes room.
    case leaveFree(gibibytes: Int64)
    /// An image's tag is removed (I01).
    case removeImage(Target)
    /// The wall clock jumps (K12).
    case jumpClock(milliseconds: Int64)
    /// All certificates come to the end of their lives.
    case ageCertificates
    /// `controller certificates rotate --ca`.
    case rotateAuthority
    /// The cluster is as an older build left it: no party speaks TLS with etcd.
    case forgetTLS
    /// A person changes users, roles or authentication in etcd.
    case spoilAccess(Int)
    /// The manifest is edited.
    case edit(ManifestEdit)
}

/// An edit of the manifest.
public enum ManifestEdit: Sendable, Hashable {
    /// Another number of nodes (K15).
    case nodes(Int)
    /// Another number of etcd members.
    case storeMembers(Int)
    /// A PostgreSQL parameter.
    case parameter(String, String)
    /// Another memory limit, which Docker changes in place.
    case memory(ByteCount)
    /// Another shared memory, which needs new containers.
    case sharedMemory(ByteCount)
    /// Another image for the nodes, a broken one perhaps.
    case image(ImageReference)
    /// Another image for the poolers.
    case poolerImage(ImageReference)
    /// Whether there is a console.
    case console(Bool)
    /// Maintenance, on or off.
    case maintenance(Bool)
    /// Another locale, which a cluster that exists cannot have.
    case locale(String)
    /// Another prefix of the nodes' names, which it cannot have either.
    case nodePrefix(String)
    /// What the n-th node is kept from; no other node is kept from anything.
    case tags(Int, nofailover: Bool, nosync: Bool, noloadbalance: Bool)
    /// Roles and databases are declared.
    case declare
    /// One of each of them shall be absent.
    case dismiss
    /// They are taken out of the manifest, which drops nothing.
    case undeclare
}

/// What goes wrong with one call of the controller.
public enum CallFault: Sendable, Hashable {
    /// The other side refuses with an error of its own.
    case callFails
    /// The request never arrives.
    case requestLost
    /// It is done, and the answer is lost.
    case replyLost
    /// The controller is killed before the request.
    case killBefore
    /// The controller is killed after it, with the answer lost.
    case killAfter
    /// A look comes from a cache that missed something.
    case staleLook
    /// etcd does not answer this once.
    case blindToStore
}

/// Every fault of a run, in the order in which it strikes; a subset of it is a smaller run.
public struct FaultSchedule: Sendable {
    /// One entry.
    public enum Entry: Sendable, Hashable {
        /// At a time.
        case timed(Duration, Fault)
        /// At the n-th call of the controller.
        case call(Int, CallFault)
    }

    /// The entries as they were drawn.
    public let entries: [Entry]
    private var timed: [(at: Duration, fault: Fault)]
    private var calls: [(number: Int, fault: CallFault)]

    /// A schedule of these entries; without any, nothing fails.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
        timed = []
        calls = []
        for entry in entries {
            switch entry {
            case .timed(let at, let fault): timed.append((at, fault))
            case .call(let number, let fault): calls.append((number, fault))
            }
        }
        timed.sort { $0.at > $1.at }
        calls.sort { $0.number > $1.number }
    }

    /// When the next timed fault strikes.
    var nextDue: Duration? { timed.last?.at }

    /// The next timed fault that is due.
    mutating func take(dueAt now: Duration) -> Fault? {
        guard let next = timed.last, next.at <= now else { return nil }
        timed.removeLast()
        return next.fault
    }

    /// The fault of a call.
    mutating func fault(ofCall number: Int) -> CallFault? {
        while let next = calls.last, next.number < number { calls.removeLast() }
        guard let next = calls.last, next.number == number else { return nil }
        calls.removeLast()
        return next.fault
    }

    /// Clears the sky.
    mutating func clear() {
        timed = []
        calls = []
    }
}
