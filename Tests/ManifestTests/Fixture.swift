import Manifest
import Model

/// The repository, found from where this file was compiled.
let repository = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

/// Files as the tests' manifests refer to them, without a disk.
let files = ManifestFiles(
    migration: { path in
        switch path {
        case _ where path.hasSuffix("missing.sql"): .failure(FileProblem("does not exist"))
        case "sql/blocks.sql":
            .success("CREATE TABLE t ();\n  -- one\n  BEGIN;\nINSERT INTO t DEFAULT VALUES;\nCOMMIT;\n")
        default: .success("SELECT '\(path)';")
        }
    },
    secretProblem: { $0.hasSuffix("missing") ? "the password file does not exist" : nil },
    authority: { path in
        path.hasSuffix("missing.pem") ? .failure(FileProblem("does not exist")) : .success("CA \(path)")
    })

/// Reads a text; the mistakes, in order, when it is refused.
func read(_ text: String) -> Result<Cluster, ManifestRejection> { read(bytes: Array(text.utf8)) }

func read(bytes: [UInt8]) -> Result<Cluster, ManifestRejection> {
    do throws(ManifestRejection) {
        return .success(try Manifest.parse(bytes: bytes, file: "cluster.yaml", files: files))
    } catch {
        return .failure(error)
    }
}

/// The lines of the smallest manifest, and then of its `spec`, which begins on line 5.
func manifest(_ spec: String) -> String {
    """
    apiVersion: pg-controller.io/v1
    kind: PostgresCluster
    metadata: {name: demo}
    spec:
    \(spec)
    """
}

/// The mistakes of a text; empty when it is a good one.
func mistakes(_ text: String) -> [ManifestError] {
    if case .failure(let rejection) = read(text) { rejection.errors } else { [] }
}

/// Numbers from a seed (SplitMix64), so that a failing test can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
