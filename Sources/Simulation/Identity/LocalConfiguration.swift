package import Model

extension Universe {
    /// Records what the nodes' own files are to hold.
    package mutating func record(_ local: LocalConfiguration) -> Outcome {
        localConfiguration = local
        return .done("")
    }
}
