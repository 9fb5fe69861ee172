/// From where on little free space is worth a warning (`spec.disk`).
public struct DiskSettings: Sendable, Hashable {
    /// Below this much free space there is a warning; nil for the default.
    public var warn: DiskMark?
    /// Below this much free space the biggest cause is named; nil for the default.
    public var critical: DiskMark?
    /// Below this much free space new transactions are read-only, where `makesReadOnly` is set; nil for the default.
    public var readOnly: DiskMark?
    /// Whether the cluster is made read-only before the disk is full.
    public var makesReadOnly = true
    /// Every default.
    public init() {}

    /// The free space in bytes below which there is a warning: 15 %, and no more than 20 GiB of a large disk.
    public func warnBytes(of disk: DiskView) -> Int64 {
        warn?.bytes(of: disk) ?? min(DiskMark.share(percent: 15).bytes(of: disk), ByteCount.gibibytes(20).bytes)
    }

    /// The free space in bytes below which the biggest cause is named: 10 %, and no more than 10 GiB of a large disk.
    public func criticalBytes(of disk: DiskView) -> Int64 {
        critical?.bytes(of: disk) ?? min(DiskMark.share(percent: 10).bytes(of: disk), ByteCount.gibibytes(10).bytes)
    }

    /// The free space in bytes below which new transactions are read-only: 5 %, and no more than 2 GiB of a large disk.
    /// A larger mark counts as half of the disk, because no disk is ever freer than `writableBytes` of a mark that is larger still.
    public func readOnlyBytes(of disk: DiskView) -> Int64 {
        min(
            readOnly?.bytes(of: disk) ?? min(DiskMark.share(percent: 5).bytes(of: disk), ByteCount.gibibytes(2).bytes),
            disk.sizeBytes / 2)
    }

    /// The free space in bytes from which they may write again: half as much more, so that it does not go to and fro.
    public func writableBytes(of disk: DiskView) -> Int64 {
        let mark = readOnlyBytes(of: disk)
        return mark + mark / 2
    }
}

/// An amount of free space.
public enum DiskMark: Sendable, Hashable {
    /// So many hundredths of the disk, 1…90.
    case share(percent: Int)
    /// So many bytes, whatever the disk's size.
    case amount(ByteCount)

    /// The amount on this disk, in bytes.
    public func bytes(of disk: DiskView) -> Int64 {
        switch self {
        case .share(let percent): disk.sizeBytes / 100 * Int64(percent)
        case .amount(let amount): amount.bytes
        }
    }
}
