import Foundation
import TestSupport

/// A cluster of its own for one test: random names and ports, the real program, the real engine; gone at the end.
final class ClusterFixture: Sendable {
    let id: String
    let directory: String
    let nodes: Int
    let etcd: Int
    let ports: Int
    let poolers: Int
    /// Another engine than the machine's.
    let engine: OwnEngine?
    private let controller = Running()

    var manifest: String { directory + "/cluster.yaml" }
    var state: String { directory + "/state" }
    /// The internal network, and the clients'.
    var network: String { id + "-net" }
    var clientNetwork: String { network + "-clients" }
    var repository: String { id + "-repo" }
    var console: String { id + "-console" }
    func node(_ number: Int) -> String { "\(id)-pg-\(number)" }
    func member(_ number: Int) -> String { "\(id)-etcd-\(number)" }
    func pooler(_ number: Int) -> String { "\(id)-pgb-\(number)" }

    private init(nodes: Int, etcd: Int, poolers: Int, engine: OwnEngine?) throws {
        id = "e2e" + String(UUID().uuidString.prefix(6)).lowercased()
        directory = NSTemporaryDirectory() + "controller-" + id
        self.nodes = nodes
        self.etcd = etcd
        self.poolers = poolers
        self.engine = engine
        ports = ClusterFixture.freePorts()
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: Program.root + "/manifests/sql", toPath: directory + "/sql")
        try text.write(toFile: manifest, atomically: true, encoding: .utf8)
    }

    /// A hundred ports below those that the kernel gives to clients, of which nobody has one of ours.
    private static func freePorts() -> Int {
        while true {
            let base = 10_000 + Int.random(in: 0..<220) * 100
            let wanted = [0, 1, 2, 20, 21, 22, 50, 51, 52, 60, 61, 70, 71, 80, 90]
            if wanted.allSatisfy({ LocalPort.isFree(base + $0) }) { return base }
        }
    }

    /// Runs the body, and removes everything of the cluster afterwards, whatever happened.
    static func with(
        nodes: Int = 3, etcd: Int = 3, poolers: Int = 0, engine: OwnEngine? = nil,
        _ body: (ClusterFixture) async throws -> Void
    ) async throws {
        let fixture = try ClusterFixture(nodes: nodes, etcd: etcd, poolers: poolers, engine: engine)
        do {
            try await body(fixture)
        } catch {
            await fixture.explain(error)
            await fixture.cleanUp()
            throw error
        }
        await fixture.cleanUp()
    }

    /// Another image than the one that everybody on this engine uses, for changes to it that are not theirs yet.
    private var image: String { ClusterFixture.otherImage.map { "\n    image: \($0)" } ?? "" }
    private static var otherImage: String? { ProcessInfo.processInfo.environment["CONTROLLER_TEST_IMAGE"] }
    private var poolerImage: String {
        ProcessInfo.processInfo.environment["CONTROLLER_TEST_POOLER_IMAGE"].map { "\n    image: \($0)" } ?? ""
    }
    /// The image of the nodes.
    static var nodeImage: String { otherImage ?? "pg-controller/postgres:18" }

    /// Writes another image for the nodes into the manifest.
    func edit(image: String) throws {
        let lines = try String(contentsOfFile: manifest, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false
        ).filter { !$0.hasPrefix("    image: ") || $0.contains("pgbouncer") }
        try lines.joined(separator: "\n").replacingOccurrences(
            of: "    sharedMemory: 128MiB", with: "    sharedMemory: 128MiB\n    image: \(image)"
        ).write(toFile: manifest, atomically: true, encoding: .utf8)
    }

    /// Events after a mark in which all of these words occur.
    func events(after mark: Int, _ words: String...) -> [String] {
        events.utf8.dropFirst(mark).split(separator: UInt8(ascii: "\n")).compactMap { String($0) }
            .filter { line in words.allSatisfy { line.contains($0) } }
    }

    private var text: String {
        """
        apiVersion: pg-controller.io/v1
        kind: PostgresCluster
        metadata:
          name: \(id)
        spec:
          network:
            name: \(network)
          etcd:
            members: \(etcd)
            namePrefix: \(id)-etcd-
            clientPort: \(ports + 50)
            memory: 256MiB
          nodes:
            count: \(nodes)
            namePrefix: \(id)-pg-
            postgresPort: \(ports)
            patroniPort: \(ports + 20)
            memory: 1GiB
            sharedMemory: 128MiB\(image)
          postgres:
            parameters:
              shared_buffers: 64MB
              max_connections: 100
          schema:
            extensions:
              - name: vector
              - name: pg_stat_statements
            migrations:
              - sql/001_items.sql
          backups:
            volume: \(repository)
          pooler:
            enabled: \(poolers > 0)\(poolers > 0 ? "\n    count: \(poolers)" : "")
            namePrefix: \(id)-pgb-\(poolers > 0 ? poolerImage : "")
            port: \(ports + 60)
            readOnlyPort: \(ports + 70)
          monitoring:
            port: \(ports + 90)
          console:
            name: \(console)
            port: \(ports + 80)

        """
    }

    /// Edits the manifest as a person would.
    func edit(_ old: String, _ new: String) throws {
        let before = try String(contentsOfFile: manifest, encoding: .utf8)
        guard before.contains(old) else { throw ShellError(description: "the manifest has no \(old)") }
        try before.replacingOccurrences(of: old, with: new).write(toFile: manifest, atomically: true, encoding: .utf8)
    }

    /// Adds to the end of the manifest, which is inside `spec`.
    func append(_ text: String) throws {
        let before = try String(contentsOfFile: manifest, encoding: .utf8)
        try (before + text).write(toFile: manifest, atomically: true, encoding: .utf8)
    }

    /// Starts `controller run`.
    func run(docker: String? = nil, environment: [String: String] = [:]) throws {
        let docker = docker.map { ["DOCKER_HOST": $0] } ?? [:]
        try controller.start(
            program + ["run"] + options, log: directory + "/controller.log",
            environment: environment.merging(docker) { $1 })
    }
    /// Kills it, as the kernel's OOM killer would.
    func kill() { controller.kill() }
    /// Sends it a signal.
    func signal(_ signal: Int32) { controller.signal(signal) }
    /// How the program is called: it reaches the containers by their addresses, so it has to be where their network is.
    private var program: [String] {
        (engine.map { $0.inside + ["env", "DOCKER_HOST=\($0.host)"] } ?? []) + [Program.path]
    }
    var options: [String] { ["--manifest", manifest, "--state-dir", state] }

    /// Runs one command of the program.
    @discardableResult
    func command(_ words: String...) async throws -> String {
        try await Shell.run(program + words + options)
    }

    /// Runs one command of the program; what it says meanwhile goes into a file.
    func command(_ words: [String], complaints file: String) async throws -> String {
        try await Shell.run(["sh", "-c", "\"$@\" 2>\"$0\"", file] + program + words + options)
    }

    /// Runs one command that may fail.
    func attempt(_ words: [String]) async throws -> (status: Int, output: String) {
        let said = try await Shell.run(
            ["sh", "-c", "\"$@\"; echo \"status $?\"", "sh"] + program + words + options)
        let lines = said.split(separator: "\n", omittingEmptySubsequences: false)
        return (lines.last.flatMap { Int($0.dropFirst(7)) } ?? -1, lines.dropLast().joined(separator: "\n"))
    }

    /// What `controller status` says.
    func status() async throws -> Status {
        let text = try await command("status", "--output", "json")
        guard let start = text.firstIndex(of: "{") else { throw ShellError(description: text) }
        return try JSONDecoder().decode(Status.self, from: Data(text[start...].utf8))
    }

    /// Waits until everything is as the manifest wants it. A look of our own costs as much as a pass, which needs the processors,
    /// too: while the controller's own events say that it is not ready there is one every three seconds.
    @discardableResult
    func ready(within limit: Duration = .patience) async throws -> Status {
        var looked = ContinuousClock.now - .seconds(60)
        return try await eventually("\(id) is ready", within: limit) {
            let events = events
            let told = events.range(of: "\"Ready is ", options: .backwards)
                .map { events[$0.upperBound...].hasPrefix("True") }
            if told == false, ContinuousClock.now - looked < .seconds(3) {
                throw ShellError(description: "the controller says that it is not ready")
            }
            looked = .now
            let status = try await self.status()
            if status.ready { return status }
            throw ShellError(description: (status.waiting + status.bad).joined(separator: "; "))
        }
    }

    func primary() async throws -> String {
        try await eventually("a primary") { try await self.status().nodes.first { $0.role == "primary" }?.name }
    }

    /// A statement inside a node's container, over its socket: not our own client, not our own connection.
    @discardableResult
    func psql(_ node: String, _ sql: String) async throws -> String {
        try await docker(
            "exec", node, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", sql)
    }

    func docker(_ words: String...) async throws -> String { try await docker(words) }
    func docker(_ words: [String]) async throws -> String {
        let docker = ["docker"] + (engine.map { ["-H", $0.host] } ?? [])
        if words.starts(with: ["volume", "rm"]) {
            // a controller that was killed in the middle of a look leaves its reader of the volume behind for a minute
            let readers = try await Shell.run(
                docker + ["ps", "-aq", "--filter", "name=\(id)-reader-"]
            ).split(separator: "\n").map(String.init)
            if !readers.isEmpty { _ = try? await Shell.run(docker + ["rm", "-f"] + readers) }
        }
        return try await Shell.run(docker + words)
    }

    /// The names of its volumes.
    func volumes() async throws -> [String] {
        try await docker("volume", "ls", "-q", "--filter", "label=io.pg-controller.cluster=\(id)")
            .split(separator: "\n").map(String.init).sorted()
    }

    /// Removes the files of a node's data directory while PostgreSQL runs, which may write new ones meanwhile.
    func wipe(_ node: String) async throws {
        let data = "/var/lib/postgresql/data"
        _ = try await docker("exec", node, "sh", "-c", "rm -rf \(data)/*; ! [ -e \(data)/PG_VERSION ]")
    }

    /// Waits for longer than the lease of a leader lives (`ttl`, 30 s).
    func leaseGoesBy() async throws {
        let end = ContinuousClock.now + .seconds(35)
        _ = try await eventually("a whole lease to go by") {
            ContinuousClock.now > end ? true : nil
        }
    }

    /// A container's address on the internal network.
    func address(of name: String) async throws -> String {
        try await inspect(name, "{{with index .NetworkSettings.Networks \"\(network)\"}}{{.IPAddress}}{{end}}")
    }

    func inspect(_ name: String, _ format: String) async throws -> String {
        try await Shell.run(["docker", "inspect", "-f", format, name])
    }

    var events: String { (try? String(contentsOfFile: "\(state)/\(id)/events.jsonl", encoding: .utf8)) ?? "" }

    /// Where the event log ends now, for `event(after:)`.
    var mark: Int { events.utf8.count }

    /// Waits for an event in which all of these words occur.
    func event(after mark: Int = 0, _ words: String...) async throws {
        _ = try await eventually("an event with \(words)") { () -> Bool? in
            let found = self.events.utf8.dropFirst(mark).split(separator: UInt8(ascii: "\n")).map { String($0) ?? "" }
                .contains { line in words.allSatisfy { line.contains($0) } }
            return found ? true : nil
        }
    }

    /// Whether an event in which all of these words occur has come since.
    func told(after mark: Int = 0, _ words: String...) -> Bool {
        events.utf8.dropFirst(mark).split(separator: UInt8(ascii: "\n")).map { String($0) ?? "" }
            .contains { line in words.allSatisfy { line.contains($0) } }
    }

    /// Few lines with much in each: CI shows the first of them only.
    private func explain(_ error: any Error) async {
        print("--- \(id): \(error)")
        let containers =
            (try? await docker("ps", "-a", "--filter", "name=\(id)", "--format", "{{.Names}} {{.Status}}")) ?? ""
        print(containers.split(separator: "\n").joined(separator: ", "))
        for number in 1...nodes {
            let last = try? await docker("logs", "--tail", "8", node(number))
            print("\(node(number)): \(last?.split(separator: "\n").joined(separator: " | ") ?? "no log")")
        }
        let log = (try? String(contentsOfFile: directory + "/controller.log", encoding: .utf8)) ?? ""
        print(log.split(separator: "\n").suffix(60).reversed().joined(separator: "\n"))
    }

    private func cleanUp() async {
        controller.kill()
        let label = "label=io.pg-controller.cluster=\(id)"
        for (list, remove) in [
            (["ps", "-aq"], ["rm", "-f", "-v"]), (["network", "ls", "-q"], ["network", "rm"]),
            (["volume", "ls", "-q"], ["volume", "rm"]), (["image", "ls", "-q"], ["image", "rm"]),
        ] {
            let found = (try? await docker(list + ["--filter", label])) ?? ""
            let ids = found.split(separator: "\n").map(String.init)
            if !ids.isEmpty { _ = try? await docker(remove + ids) }
        }
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// The parts of `controller status --output json` that tests read.
struct Status: Decodable {
    struct Node: Decodable {
        var name: String
        var role: String
        var state: String
        var timeline: Int?
        var synchronous: Bool
        var tags: [String]
    }
    struct Pooler: Decodable {
        var access: String
        var nodes: [String]
    }
    struct Pause: Decodable {
        var node: String?
    }
    struct Condition: Decodable {
        var type: String
        var status: String
        var message: String
        var bad: Bool
        var details: [String]
    }
    var ready: Bool
    var nodes: [Node]
    var poolers: [Pooler]
    var pauses: [Pause]
    var conditions: [Condition]
    var waiting: [String]
    var bad: [String] { conditions.filter(\.bad).map { "\($0.type): \($0.message)" } }
    func has(_ type: String) -> Bool { conditions.contains { $0.type == type && $0.status == "True" } }
}

/// The program under test.
enum Program {
    static let root = String(#filePath.components(separatedBy: "/Tests/")[0])
    static let path = ProcessInfo.processInfo.environment["CONTROLLER_BINARY"] ?? root + "/.build/release/controller"
}

/// A program that runs beside the test.
final class Running: Sendable {
    private let process = Slot()

    // one test drives it, from one task
    private final class Slot: @unchecked Sendable {
        var process: Process?
    }

    /// Starts a program that is found on PATH; what it says is added to the log.
    func start(_ words: [String], log: String, environment: [String: String] = [:]) throws {
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        guard let handle = FileHandle(forWritingAtPath: log) else {
            throw ShellError(description: "cannot write \(log)")
        }
        _ = try handle.seekToEnd()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        self.process.process = process
    }

    func signal(_ signal: Int32) {
        if let running = process.process, running.isRunning { Foundation.kill(running.processIdentifier, signal) }
    }

    func kill() {
        guard let running = process.process, running.isRunning else { return }
        Foundation.kill(running.processIdentifier, SIGKILL)
        running.waitUntilExit()
    }
}
