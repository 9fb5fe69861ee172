import FoundationEssentials
import LiveWorld
import Manifest
import Model

/// A command typed on the host runs inside the supervisor container when there is one: the secrets are there.
enum Delegation {
    /// Runs this process's own arguments, and what it has asked a person meanwhile, in the supervisor, and ends with its exit status; false when there is none.
    static func tookOver(_ options: ClusterOptions, adding extra: [String] = []) async throws -> Bool {
        let source = try ManifestSource(path: options.manifest)
        let secrets = SecretStore(directory: "/nonexistent")
        let world: LiveWorld
        do {
            world = try await LiveWorld.connect(
                source.cluster, secrets: secrets, docker: Defaults.environment("DOCKER_HOST"))
        } catch {
            throw Failure("\(error)")
        }
        guard world.ownContainer == nil, let supervisor = try await world.supervisor(of: source.cluster.name) else {
            return false
        }
        // the kernel takes no longer argument (execve(2))
        if let long = extra.first(where: { $0.utf8.count > 120_000 }) {
            throw Failure(
                .badInput,
                "\(long.utf8.count) bytes are too many to hand over to the supervisor container; "
                    + "run the command inside, where the manifest is")
        }
        let arguments = withoutPaths(Array(CommandLine.arguments.dropFirst())) + extra
        let code = try await world.execute(
            ["controller"] + arguments, in: supervisor.id, output: { Terminal.write($0) },
            error: { Terminal.write($0, toError: true) })
        if code != 0 { Exit.now(ExitCodes(rawValue: Int32(code)) ?? .failure) }
        return true
    }

    /// Paths of the host mean nothing inside.
    static func withoutPaths(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var skipsNext = false
        for argument in arguments {
            if skipsNext {
                skipsNext = false
            } else if argument == "--manifest" || argument == "-m" || argument == "--state-dir" {
                skipsNext = true
            } else if !argument.hasPrefix("--manifest="), !argument.hasPrefix("--state-dir=") {
                result.append(argument)
            }
        }
        return result
    }
}
