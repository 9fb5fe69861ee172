import Model

/// The files by which a party of the cluster proves who it is and knows the others: its key with its certificate, and the
/// certificates of the authorities that it trusts.
enum ClusterIdentity {
    /// The party's key and its certificate in one file, which is replaced at once: between a new key and an old certificate
    /// every handshake would fail.
    static let own = "\(FileSpec.directory)/identity.pem"
    /// A pooler's key and its certificate towards its clients, likewise.
    static let towardsClients = "\(FileSpec.directory)/server.pem"
    /// A node's key and its certificate towards etcd, likewise.
    static let towardsEtcd = "\(FileSpec.directory)/etcd.pem"
    /// What a person in an etcd member's container shows.
    static let superuserOfEtcd = "\(FileSpec.directory)/superuser.pem"
    /// The certificates of all authorities. The programs in the images know by a change of this file that they are to read
    /// all of them again, so it comes last.
    static let authorities = "\(FileSpec.directory)/cluster.crt"

    static func files(of principal: Principal, owner: Int) -> [FileSpec] {
        [
            FileSpec(path: own, content: "\(secret: principal.secret)", owner: owner),
            FileSpec(path: authorities, content: "\(secret: .authorities)", owner: owner),
        ]
    }

    /// Which certificates a party has, without the certificates themselves: it changes when one of them does.
    static func version(of principal: Principal, secrets: [SecretView]) -> String {
        Template(segments: [.secret(principal.secret), .secret(.authorities)]).digest(secrets: secrets).short
    }
}
