public import Model

extension Manifest {
    /// The whole manifest of a cluster with every default written out, as `controller manifest show` prints it.
    ///
    /// Read again beside the same files, it gives the same cluster.
    public static func yaml(of cluster: Cluster) -> String {
        var document = Document()
        document.cluster = cluster
        return Document.shape.write(document)?.yaml ?? ""
    }

    /// The JSON Schema of the manifest, from the same description that reads it.
    public static func jsonSchema() -> String {
        var schema = Literal.mapping([
            "$schema": .text("https://json-schema.org/draft/2020-12/schema"),
            "$id": .text("https://pg-controller.io/v1/manifest.schema.json"),
            "title": .text("\(kind) manifest"),
        ])
        if case .mapping(let pairs) = Document.shape.schema {
            for (key, value) in pairs { schema = schema.adding(key, value) }
        }
        return schema.json + "\n"
    }

    /// Where each field stands that only one section has, for a hint when it is written elsewhere.
    static let paths: [String: String] = {
        var found: [String: [String]] = [:]
        collect(Document.shape.schema, path: "", into: &found)
        return found.compactMapValues { $0.count == 1 ? $0.first : nil }
    }()

    private static func collect(_ schema: Literal, path: String, into found: inout [String: [String]]) {
        guard case .mapping(let properties) = schema["properties"] else { return }
        for (key, value) in properties {
            let full = path.isEmpty ? key : "\(path).\(key)"
            found[key, default: []].append(full)
            collect(value, path: full, into: &found)
        }
    }
}
