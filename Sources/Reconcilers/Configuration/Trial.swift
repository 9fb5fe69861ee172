import Model

/// The trial of parameters and client rules before Patroni gets them: a PostgreSQL of the nodes' image, with a node's
/// memory and without any data, is really started with them in a task's container. What it does not start with would
/// take down the node that restarts next.
struct Trial {
    /// What has come of it.
    enum Verdict {
        /// It is being made, or runs, or is to be run again.
        case underway(Proposal)
        /// PostgreSQL started.
        case passed
        /// PostgreSQL did not start; its own words.
        case refused(String)
        /// The trial itself came to nothing, and is run again.
        case failed(String, Proposal)
    }

    /// What `task` ends with when PostgreSQL does not start.
    static let refusal = 5
    static let directory = FileSpec.directory
    let verdict: Verdict

    init(at scope: EngineScope) {
        let task = Trial.task(scope.cluster)
        switch TaskProgress(task, at: scope) {
        case .underway(var steps):
            steps.wait(for: "the trial of the parameters")
            verdict = .underway(steps)
        case .ended(_, let exit) where exit.code == 0: verdict = .passed
        case .ended(let seen, _) where seen.result.isUnknown:
            verdict = .underway(Proposal(waiting: ["a look at what \(seen.name) says"], lookAgain: .milliseconds(250)))
        case .ended(let seen, let exit):
            let words = seen.result.value?["error"]?.string ?? "`docker logs \(seen.name)` says why"
            if exit.code == Trial.refusal {
                verdict = .refused(words)
            } else {
                verdict = .failed(
                    words,
                    TaskProgress.again(
                        seen, exit, after: .seconds(30), reason: .retried("exit code \(exit.code)"), at: scope))
            }
        }
    }

    /// The same values in the same image with the same memory are tried once.
    static func task(_ cluster: Cluster) -> TaskSpec {
        // TLS is started as on a node: what the manifest says of ciphers and versions counts only then
        let shared = DynamicConfiguration.parameters(cluster) + LocalParameters.tried(cluster)
        let parameters = shared.map { "\($0.name) = \(quoted($0.value))" }
        let rules = ClientRules.lines(cluster, LocalConfiguration(of: cluster, poolers: []))
        let identity = cluster.nodeNames.first.map(NodeSpec.identity) ?? []
        let all = parameters + rules + [cluster.nodes.image.text, "\(cluster.nodes.memory)"] + identity.map(\.path)
        func file(_ name: String, _ lines: [String]) -> FileSpec {
            FileSpec(
                path: "\(directory)/\(name)",
                content: Template(segments: [.text(lines.map { $0 + "\n" }.joined())]), owner: NodeSpec.owner)
        }
        return TaskSpec(
            kind: .trial, identity: "trial \(Digest(of: all.joined(separator: "\n")).short)",
            command: ["task", "trial"], mounts: [],
            files: [file("trial.conf", parameters), file("trial.hba", rules)] + identity, networks: [])
    }

    /// A value as `postgresql.conf` reads it.
    private static func quoted(_ value: String) -> String {
        "'" + value.unicodeScalars.map { $0 == "'" ? "''" : $0 == "\\" ? "\\\\" : String($0) }.joined() + "'"
    }
}
