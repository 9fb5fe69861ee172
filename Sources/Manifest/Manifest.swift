public import Model

/// The manifest: the one YAML file in which a user says what cluster there shall be.
public enum Manifest {
    /// The only version of the format there is so far.
    public static let apiVersion = "pg-controller.io/v1"
    /// The only kind.
    public static let kind = "PostgresCluster"

    /// Reads a manifest and the files that it refers to.
    ///
    /// The file must be a regular one of at most 1 MiB; a symbolic link is refused.
    public static func load(path: String, secretsDirectory: String? = nil) throws(ManifestRejection) -> Cluster {
        let file: PlainFile
        do {
            file = try PlainFile(at: path, limit: SourceText.sizeLimit)
        } catch {
            throw ManifestRejection(errors: [ManifestError(file: path, problem: "the manifest \(error.text)")])
        }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        return try parse(
            bytes: file.bytes, file: path, files: .below(directory, secretsDirectory: secretsDirectory))
    }

    /// Reads a manifest from memory; `file` is only the name that mistakes are reported under.
    public static func parse(bytes: [UInt8], file: String, files: ManifestFiles) throws(ManifestRejection) -> Cluster {
        let source = try SourceText(bytes: bytes, file: file)
        let (tree, errors) = try Composer.compose(source)
        let log = Diagnostics(file: file, files: files)
        errors.forEach(log.note)
        let cluster = decode(tree, log)
        guard log.errors.isEmpty else { throw ManifestRejection(errors: log.errors.inOrder(of: file)) }
        return cluster
    }

    private static func decode(_ tree: Tree, _ log: Diagnostics) -> Cluster {
        let empty = Document()
        let field = Field(tree, path: "", log: log)
        if case .scalar("", isPlain: true) = tree.content {
            field.reject(
                "the manifest is empty; nothing changed", expected: "apiVersion, kind and metadata", echoes: false)
            return empty.cluster
        }
        if tree.isNull {
            field.reject("the manifest has to be a mapping of fields", expected: "apiVersion, kind and metadata")
            return empty.cluster
        }
        guard let document = Document.shape.read(field, empty) else { return empty.cluster }
        return checked(document.cluster, log)
    }
}

extension [ManifestError] {
    /// In the order of the text, each once.
    fileprivate func inOrder(of file: String) -> [ManifestError] {
        var seen: Set<ManifestError> = []
        return
            enumerated().filter { seen.insert($0.element).inserted }
            .sorted {
                // those of the files that it names stand behind its own
                let (left, right) = ($0.element, $1.element)
                if left.file != right.file, left.file == file || right.file == file { return left.file == file }
                return (left.file, left.position ?? .start, $0.offset) < (
                    right.file, right.position ?? .start, $1.offset
                )
            }
            .map(\.element)
    }
}
