import Dispatch
import Glibc
import LiveWorld
import Manifest
import Model
import Synchronization

/// A command typed on the host runs inside the supervisor container when there is one: the secrets are there.
enum Delegation {
    /// What a command can do where the supervisor does not run.
    enum Need {
        /// Nothing: what it asks for would not be done, or what it shows lies in the supervisor's state.
        case supervisor
        /// It only looks, and can do that from here.
        case look
    }

    /// Runs this process's own arguments, and what it has asked a person meanwhile, in the supervisor, and ends with its
    /// exit status; false when there is none.
    static func tookOver(
        _ options: ClusterOptions, adding extra: [String] = [], needs: Need = .supervisor
    ) async throws -> Bool {
        guard let (world, supervisor) = try await supervisor(options, needs: needs) else { return false }
        // the kernel takes no longer argument (execve(2))
        if let long = extra.first(where: { $0.utf8.count > 120_000 }) {
            throw Failure(
                .badInput,
                "\(long.utf8.count) bytes are too many to hand over to the supervisor container; "
                    + "run the command inside, where the manifest is")
        }
        let arguments = withoutPaths(Array(CommandLine.arguments.dropFirst())) + extra
        let code = try await world.execute(
            ["controller"] + arguments, in: supervisor.id, environment: ["\(Tie.variable)=1"],
            output: { Terminal.write($0) }, error: { Terminal.write($0, toError: true) })
        if code != 0 { Exit.now(ExitCodes(rawValue: Int32(code)) ?? .failure) }
        return true
    }

    /// What another command of this program prints in the supervisor; nil when there is none. What it prints may be a
    /// secret, so it stays in memory. Ends this process with the exit status of a command that fails.
    static func answer(_ options: ClusterOptions, _ arguments: [String]) async throws -> String? {
        guard let (world, supervisor) = try await supervisor(options, needs: .look) else { return nil }
        let answer = Mutex<[UInt8]>([])
        let code = try await world.execute(
            ["controller"] + arguments, in: supervisor.id, environment: ["\(Tie.variable)=1"],
            output: { bytes in answer.withLock { $0 += bytes } }, error: { Terminal.write($0, toError: true) })
        if code != 0 { Exit.now(ExitCodes(rawValue: Int32(code)) ?? .failure) }
        return answer.withLock { String(decoding: $0, as: UTF8.self) }
    }

    /// The running supervisor that a command means; nil when there is none, or when this process is inside of it.
    private static func supervisor(
        _ options: ClusterOptions, needs: Need
    ) async throws -> (LiveWorld, SupervisorContainer)? {
        let choice = ManifestName(path: options.manifest)
        let world: LiveWorld
        do {
            world = try await LiveWorld.connect(
                choice.cluster ?? Cluster(name: choice.name ?? ""), secrets: SecretStore(directory: "/nonexistent"),
                docker: Defaults.environment("DOCKER_HOST"))
        } catch {
            throw Failure("\(error)")
        }
        guard world.ownContainer == nil else { return nil }
        let candidates = SupervisorChoice.candidates(
            try await world.supervisors(), cluster: choice.name, folder: choice.folder)
        guard let first = candidates.first else { return nil }
        guard Set(candidates.map(\.cluster)).count == 1 else {
            let names = candidates.map { "\($0.name) keeps \($0.cluster)" }.joined(separator: ", ")
            throw Failure(
                .badInput,
                "\(choice.mistake ?? "")\nwhich cluster is meant cannot be read from that, and there are several "
                    + "supervisors (\(names)): correct the manifest, or run the command with `docker exec`")
        }
        if let mistake = choice.mistake {
            Terminal.complain(
                "warning: \(Terminal.plain(mistake)); the supervisor \(first.name) uses the last good manifest")
        }
        let holder = await world.lockHolder(of: first.cluster)
        guard
            let supervisor = candidates.first(where: { $0.isRunning && $0.id == holder })
                ?? candidates.first(where: \.isRunning)
        else {
            let words =
                "the supervisor container \(first.name) that keeps cluster \(first.cluster) is stopped; "
                + "`docker start \(first.name)`"
            guard needs == .look else { throw Failure(.supervisorStopped, words) }
            Terminal.complain("warning: \(words)")
            return nil
        }
        return (world, supervisor)
    }

    /// Refuses what would act beside a supervisor that is only stopped: it keeps the cluster as soon as it is started.
    static func refuseBesideStopped(_ world: LiveWorld, _ cluster: ClusterName) async throws {
        guard world.ownContainer == nil else { return }
        let ours = try await world.supervisors().filter { $0.cluster == cluster }
        guard let stopped = ours.first, !ours.contains(where: \.isRunning) else { return }
        throw Failure(
            .supervisorStopped,
            "the supervisor container \(stopped.name) that keeps cluster \(cluster) is stopped, and has its secrets; "
                + "`docker start \(stopped.name)`. To keep the cluster from here: `docker rm \(stopped.name)`")
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

/// Which supervisors a command may mean.
enum SupervisorChoice {
    /// Those of the cluster, where its name is known; else those that mount the manifest's folder; else all.
    static func candidates(
        _ all: [SupervisorContainer], cluster: ClusterName?, folder: String
    ) -> [SupervisorContainer] {
        if let cluster { return all.filter { $0.cluster == cluster } }
        let neighbours = all.filter { $0.folders.contains(folder) }
        return neighbours.isEmpty ? all : neighbours
    }
}

/// Ties a command that runs inside the supervisor to the one on the host that asked for it: Docker ends its standard input
/// when that one's connection ends, whatever ended it.
enum Tie {
    static let variable = "CONTROLLER_TIED"

    /// Ends this process when the command that waits for it has ended.
    static func hold() {
        guard Defaults.environment(variable) != nil else { return }
        DispatchQueue(label: "tie").async {
            var byte: UInt8 = 0
            while true {
                let count = Glibc.read(STDIN_FILENO, &byte, 1)
                if count > 0 || count < 0 && errno == EINTR { continue }
                return Withdrawal.end(ExitCodes.failure.rawValue)
            }
        }
    }
}
