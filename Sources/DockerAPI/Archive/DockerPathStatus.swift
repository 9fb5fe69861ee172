/// A file in a container: the `X-Docker-Container-Path-Stat` header, base64 of JSON.
public struct DockerPathStatus: Sendable, Hashable {
    /// What it is.
    public enum Kind: Sendable, Hashable { case file, directory, symbolicLink, other }

    /// The last part of the path.
    public let name: String
    /// Bytes.
    public let sizeBytes: Int64
    /// What it is.
    public let kind: Kind
    /// Permission bits.
    public let mode: Int
    /// When it was last written.
    public let modified: DockerTime?
    /// Where a symbolic link leads.
    public let linkTarget: String
}

extension DockerPathStatus: Decodable {
    private enum CodingKeys: String, CodingKey { case name, sizeBytes = "size", mode, modified = "mtime", linkTarget }

    /// Decodes Docker's JSON. The mode is Go's `fs.FileMode`: bit 31 is a directory, 27 a symbolic link, 26, 25, 24, 21
    /// and 19 others; 23, 22 and 20 are setuid, setgid and sticky.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.value(.name, or: "")
        sizeBytes = try values.value(.sizeBytes, or: 0)
        let bits = try values.value(.mode, or: UInt32(0))
        let special = [(23, 0o4000), (22, 0o2000), (20, 0o1000)].reduce(0) { $0 | (bits >> $1.0 & 1 == 1 ? $1.1 : 0) }
        mode = Int(bits & 0o777) | special
        if bits >> 31 & 1 == 1 {
            kind = .directory
        } else if bits >> 27 & 1 == 1 {
            kind = .symbolicLink
        } else {
            kind = [26, 25, 24, 21, 19].contains { bits >> $0 & 1 == 1 } ? .other : .file
        }
        modified = DockerTime(try values.value(.modified, or: ""))
        linkTarget = try values.value(.linkTarget, or: "")
    }
}
