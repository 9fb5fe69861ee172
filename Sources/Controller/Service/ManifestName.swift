import FoundationEssentials
import Glibc
import Manifest
import Model

/// Whose manifest a file is, also while it has mistakes: a command that asks something of a running cluster needs no more.
struct ManifestName {
    /// What it describes; nil where it has mistakes.
    let cluster: Cluster?
    /// The cluster's name; nil where it cannot be told.
    let name: ClusterName?
    /// The folder it lies in, as the kernel knows it.
    let folder: String
    /// What is wrong with it.
    let mistake: String?

    init(path: String) {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let resolved = realpath(directory.isEmpty ? "/" : directory, nil)
        folder = resolved.map { String(cString: $0) } ?? directory
        free(resolved)
        do throws(Failure) {
            let read = try ManifestSource.read(path)
            (cluster, name, mistake) = (read, read.name, nil)
        } catch {
            let text = try? String(contentsOfFile: path, encoding: .utf8)
            (cluster, name, mistake) = (nil, text.flatMap { ManifestName.name(in: $0) }, error.message)
        }
    }

    /// The name below `metadata:` in a text that is no good manifest; nil where it is not plain to see.
    static func name(in text: String) -> ClusterName? {
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let isIndented = line.first == " "
            let words = line.split(separator: " ").map(String.init)
            if !isIndented { isInside = words == ["metadata:"] }
            guard isInside, isIndented, words.count >= 2, words[0] == "name:" else { continue }
            let name = words[1].filter { $0 != "\"" && $0 != "'" }
            let isPlain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            return isPlain && !name.isEmpty ? ClusterName(name) : nil
        }
        return nil
    }

    /// The last good manifest of this cluster in the state directory, or the only one that there is where the file does not
    /// say its name.
    func lastGood(below state: String) -> String? {
        let names =
            if let name { [name.text] } else {
                (try? FileManager.default.contentsOfDirectory(atPath: state)) ?? []
            }
        let found = names.map { name -> String in "\(state)/\(name)/manifest.last.yaml" }.filter { path in
            access(path, R_OK) == 0
        }
        return found.count == 1 ? found[0] : nil
    }
}
