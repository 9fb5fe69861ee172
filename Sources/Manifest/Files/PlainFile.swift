internal import Glibc

/// Why a file cannot be used, in words.
public struct FileProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason as the end of a sentence about the file.
    public let text: String
    /// A problem in these words.
    public init(_ text: String) { self.text = text }
    /// The words.
    public var description: String { text }
}

/// A regular file, read once, up to a limit, without following symbolic links.
struct PlainFile {
    let bytes: [UInt8]
    let mode: UInt32

    /// Reads the file at a path; only its last component is held to be no link.
    init(at path: String, limit: Int) throws(FileProblem) {
        try self.init(descriptor: openat(AT_FDCWD, path, Self.flags), limit: limit)
    }

    /// Reads a file below a directory; no component may be a link or lead out.
    init(at path: String, below directory: String, limit: Int) throws(FileProblem) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains(".."), !path.hasPrefix("/") else {
            throw FileProblem("leaves its directory: .. and absolute paths are not followed")
        }
        var current = open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard current >= 0 else { throw Self.problem(errno, what: "the directory \(directory)") }
        defer { close(current) }
        for part in parts.dropLast() where !part.isEmpty && part != "." {
            try Self.refuseLink(part, in: current)
            let next = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { throw Self.problem(errno, what: "a directory on its way") }
            close(current)
            current = next
        }
        try Self.refuseLink(parts.last ?? "", in: current)
        try self.init(descriptor: openat(current, parts.last ?? "", Self.flags), limit: limit)
    }

    private static let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC

    private init(descriptor: Int32, limit: Int) throws(FileProblem) {
        guard descriptor >= 0 else { throw Self.problem(errno, what: "the file") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.problem(errno, what: "the file") }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileProblem("is a directory, not a file")
        default: throw FileProblem("is no regular file")
        }
        guard status.st_size <= limit else {
            throw FileProblem("is too large: \(status.st_size) bytes, limit \(limit)")
        }
        mode = status.st_mode & 0o7777
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.problem(errno, what: "the file")
            }
            bytes.append(contentsOf: chunk[..<count])
        }
        guard bytes.count <= limit else { throw FileProblem("is too large: more than \(limit) bytes") }
        self.bytes = bytes
    }

    private static func refuseLink(_ name: String, in directory: Int32) throws(FileProblem) {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw problem(errno, what: "the file")
        }
        if status.st_mode & S_IFMT == S_IFLNK { throw FileProblem("is or passes through a symbolic link") }
    }

    private static func problem(_ code: Int32, what: String) -> FileProblem {
        switch code {
        case ENOENT: FileProblem("does not exist")
        case EACCES, EPERM: FileProblem("cannot be read: permission denied")
        case ELOOP: FileProblem("is a symbolic link; name the real file")
        case ENOTDIR: FileProblem("does not exist: a part of its path is no directory")
        case ENAMETOOLONG: FileProblem("has a path that is too long")
        default: FileProblem("cannot be read: \(what) gave error \(code), \(String(cString: strerror(code)))")
        }
    }
}
