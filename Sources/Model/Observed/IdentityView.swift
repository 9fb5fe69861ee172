/// A party of the cluster that proves who it is with a certificate of the cluster's authority.
public enum Principal: Sendable, Hashable, Comparable {
    /// PostgreSQL and pgBackRest's server on a node.
    case node(NodeName)
    /// The poolers, towards PostgreSQL.
    case pooler
    /// The poolers, towards their clients.
    case poolerServer
    /// The task that copies backups from the nodes.
    case backup
    /// The controller, towards PostgreSQL.
    case controller
    /// An etcd member, towards its clients and the other members.
    case etcdMember(ContainerName)
    /// A node, towards etcd.
    case etcdClient(NodeName)
    /// The controller, towards etcd.
    case etcdController
    /// A person in a member's container, towards etcd: the superuser.
    case etcdSuperuser
    /// The controller's HTTP server.
    case monitoring

    /// The name by which people call it: `pg-node-1`, `pooler`. No object's name has a dot in it.
    public var text: String {
        switch self {
        case .node(let node): node.text
        case .pooler: "pooler"
        case .poolerServer: "pooler.server"
        case .backup: "backup"
        case .controller: "controller"
        case .etcdMember(let name): name.text
        case .etcdClient(let node): "\(node).etcd"
        case .etcdController: "controller.etcd"
        case .etcdSuperuser: "superuser.etcd"
        case .monitoring: "monitoring.server"
        }
    }

    /// The secret that holds its key and its certificate, as PEM, one behind the other.
    public var secret: SecretName { SecretName("identity-\(text)") }

    /// The certificate's common name, by which PostgreSQL (`pg_ident`) and pgBackRest (`tls-server-auth`) know it. No cluster's
    /// name has a dot in it, so that none of these is ever the poolers'. Empty for etcd's parties that use its JSON
    /// gateway, which refuses every certificate with a common name once authentication is on, and for servers that are known by
    /// their host names alone. `etcdctl` speaks gRPC, where the common name is the user.
    public func commonName(in cluster: ClusterName) -> String {
        switch self {
        case .node: "node.internal"
        // as in the clusters of older builds, whose rules for the poolers stay as they are; but never etcd's superuser
        case .pooler: cluster.text == EtcdUsers.root ? "pooler.internal" : cluster.text
        case .backup: "backup.internal"
        case .controller: "controller.internal"
        case .etcdMember, .etcdClient, .etcdController, .poolerServer, .monitoring: ""
        case .etcdSuperuser: EtcdUsers.root
        }
    }

    /// The name that all etcd members' certificates have beside their own, by which members know each other.
    public static let etcdMembers = "etcd.internal"

    /// The names and IP addresses in the certificate. A server has those by which it is called; all other parties have one that
    /// no host has. A member's own name comes first: its peers compare the names with the address that it calls from, one after
    /// the other. The last is for programs in its own container.
    public func hosts(in cluster: Cluster) -> [String] {
        switch self {
        case .node(let node):
            [node.text] + node.internalNames.map(\.text)
                + cluster.clientNames(at: cluster.nodes.bindAddress, cluster.nodes.patroniBindAddress)
        case .poolerServer:
            cluster.poolers.map(\.name.text) + cluster.clientNames(at: cluster.pooler.bindAddress)
        case .monitoring:
            cluster.clientNames(at: cluster.monitoring.bindAddress) + cluster.monitoring.ownNames(of: cluster)
        case .etcdMember(let name): [name.text, Principal.etcdMembers, "localhost"]
        case .pooler, .backup, .controller, .etcdClient, .etcdController, .etcdSuperuser: ["\(text).invalid"]
        }
    }

    /// Orders by the text.
    public static func < (left: Principal, right: Principal) -> Bool { left.text < right.text }
}

extension Cluster {
    /// Every party that has a certificate, sorted.
    public var principals: [Principal] {
        var principals: [Principal] = nodeNames.flatMap { [.node($0), .etcdClient($0)] }
        principals += etcdNames.map { .etcdMember($0) } + [.controller, .etcdController, .etcdSuperuser]
        if pooler.enabled { principals += [.pooler, .poolerServer] }
        if backups.enabled { principals.append(.backup) }
        if monitoring.enabled, monitoring.tls { principals.append(.monitoring) }
        return principals.sorted()
    }
}

/// The cluster's authorities and certificates, without their keys.
public struct IdentityView: Sendable, Hashable {
    /// The authorities that everybody trusts.
    public var authorities: [AuthorityView]
    /// The certificates, sorted by principal.
    public var certificates: [CertificateView]
    /// The certificate that the manifest gives the poolers; nil where it gives none.
    public var own: OwnCertificateView?
    /// Joins them.
    public init(
        authorities: [AuthorityView] = [], certificates: [CertificateView] = [], own: OwnCertificateView? = nil
    ) {
        self.authorities = authorities
        self.certificates = certificates
        self.own = own
    }

    /// The authority that has this place, if there is one.
    public func authority(_ place: AuthorityView.Place) -> AuthorityView? { authorities.first { $0.place == place } }
}

/// An authority of the cluster.
public struct AuthorityView: Sendable, Hashable {
    /// Its place in the course of a rotation.
    public enum Place: String, Sendable, Hashable, Codable, CaseIterable {
        /// It signs.
        case current
        /// It will sign once everybody trusts it.
        case next
        /// It has signed certificates that may still be in use.
        case previous
    }
    /// The place.
    public var place: Place
    /// The start of its certificate's SHA-256, in hexadecimal.
    public var fingerprint: String
    /// When it ends.
    public var notAfter: Timestamp
    /// Whether its certificate says what it may be used for. Strict readers, Patroni's Python among them, refuse one that does
    /// not; those of older builds do not.
    public var statesItsUse: Bool
    /// An authority.
    public init(place: Place, fingerprint: String, notAfter: Timestamp, statesItsUse: Bool = true) {
        self.place = place
        self.fingerprint = fingerprint
        self.notAfter = notAfter
        self.statesItsUse = statesItsUse
    }
}

/// A certificate that the manifest gives the poolers (`spec.tls.certificateFile`).
public struct OwnCertificateView: Sendable, Hashable {
    /// When the one that is in use ends; nil where none is, and the poolers show one of the cluster's authority.
    public var notAfter: Timestamp?
    /// Why the files cannot be used; nil where they are.
    public var trouble: String?
    /// A certificate.
    public init(notAfter: Timestamp?, trouble: String? = nil) {
        self.notAfter = notAfter
        self.trouble = trouble
    }
}

/// One certificate.
public struct CertificateView: Sendable, Hashable {
    /// Its owner.
    public var principal: Principal
    /// The names and IP addresses in it.
    public var hosts: [String]
    /// The fingerprint of the authority that signed it; nil for one that is not trusted any more.
    public var authority: String?
    /// From when it is good.
    public var notBefore: Timestamp
    /// When it ends.
    public var notAfter: Timestamp
    /// A certificate.
    public init(
        principal: Principal, hosts: [String], authority: String?, notBefore: Timestamp, notAfter: Timestamp
    ) {
        self.principal = principal
        self.hosts = hosts
        self.authority = authority
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether it has the names by which its owner is called in this cluster, and no others.
    public func hasItsHosts(in cluster: Cluster) -> Bool { Set(hosts) == Set(principal.hosts(in: cluster)) }

    /// Whether two thirds of its life are over.
    public func isDue(at now: Timestamp) -> Bool {
        (notAfter - now) * 3 <= notAfter - notBefore
    }
}

extension SecretName {
    /// The token that requests for metrics have to carry, where the manifest names a file with one.
    public static let monitoringToken: SecretName = "monitoring-token"
    /// The token that opens the verbs of the page (`controller token`).
    public static let pageToken: SecretName = "page-token"
    /// The certificates of all authorities that are trusted, as PEM. It is no file of its own.
    public static let authorities: SecretName = "authorities"
    /// What an older build had for an authority's key, which all parties shared; it is known only while that authority signs.
    public static let sharedKey: SecretName = "cluster-key"
}
