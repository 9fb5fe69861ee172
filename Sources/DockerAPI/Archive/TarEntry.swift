/// A file or directory in a tar archive, with everything about it given: nothing comes from this machine.
public struct TarEntry: Sendable, Hashable {
    /// What an entry can be; links and devices are neither written nor read.
    public enum Kind: Sendable, Hashable {
        /// A plain file with its content.
        case file([UInt8])
        /// A directory.
        case directory
    }

    /// Relative, `/`-separated, without `.`, `..` or a slash at either end.
    public var path: String
    /// File or directory.
    public var kind: Kind
    /// Permission bits, such as `0o600`; at most `0o7777`.
    public var mode: Int
    /// The owner's number.
    public var userID: Int
    /// The group's number.
    public var groupID: Int
    /// Seconds since 1970; 0 by default, so that the same input gives the same bytes.
    public var modifiedSeconds: Int

    /// Makes an entry.
    public init(
        path: String, _ kind: Kind, mode: Int, userID: Int = 0, groupID: Int = 0, modifiedSeconds: Int = 0
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.userID = userID
        self.groupID = groupID
        self.modifiedSeconds = modifiedSeconds
    }

    /// The content of a file; empty for a directory.
    public var content: [UInt8] {
        switch kind {
        case .file(let bytes): bytes
        case .directory: []
        }
    }

    /// Whether a path stays below the directory it is unpacked in.
    static func isSafe(_ path: String) -> Bool {
        guard !path.isEmpty, !path.utf8.contains(0) else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".."
        }
    }
}

/// Why an archive cannot be written or read.
public struct TarError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: Sendable, Hashable {
        /// A path that is absolute, has `..`, or does not fit into ustar's 100 + 155 bytes.
        case badPath
        /// A link, device or other entry that is neither file nor directory.
        case badKind
        /// A number that does not fit its field.
        case badNumber
        /// The header's checksum does not match its bytes.
        case badChecksum
        /// The archive ends within an entry.
        case cut
        /// More bytes or entries than allowed.
        case tooLarge
    }

    /// Why.
    public let code: Code
    /// The entry's path, or what was found.
    public let detail: String

    /// `tar: badPath: ../etc/passwd`.
    public var description: String { "tar: \(code): \(detail)" }
}
