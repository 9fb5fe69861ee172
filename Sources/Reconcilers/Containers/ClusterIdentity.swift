import Model

/// The key and the certificate by which the parts of a cluster know each other: pgBackRest's servers, PostgreSQL
/// towards the poolers, and the poolers towards PostgreSQL.
enum ClusterIdentity {
    static let key = "\(FileSpec.directory)/cluster.key"
    static let certificate = "\(FileSpec.directory)/cluster.crt"

    static func files(owner: Int) -> [FileSpec] {
        [
            FileSpec(path: key, content: "\(secret: "cluster-key")", owner: owner),
            FileSpec(path: certificate, content: "\(secret: "cluster-certificate")", owner: owner),
        ]
    }
}
