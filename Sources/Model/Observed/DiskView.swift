/// The file system that holds an engine's local volumes: etcd's, the nodes' data and WAL, and the repository's share it.
public struct DiskView: Sendable, Hashable {
    /// Its size in bytes.
    public var sizeBytes: Int64
    /// The bytes that a process without privileges may still write; PostgreSQL and etcd have none.
    public var freeBytes: Int64
    /// A file system as seen.
    public init(sizeBytes: Int64, freeBytes: Int64) {
        self.sizeBytes = sizeBytes
        self.freeBytes = freeBytes
    }
}
