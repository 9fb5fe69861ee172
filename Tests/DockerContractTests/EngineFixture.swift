import DockerAPI
import Foundation
import HTTPTransport
import Testing

/// All that is held against real engines, one test at a time: the deadlines of the calls are those of production, and a
/// machine with two cores that builds, imports and starts ten things at once would miss them.
@Suite(.serialized) enum DockerContract {}

/// The engines the contract is held against: `CONTROLLER_TEST_ENGINES`, comma-separated addresses. One that does not
/// answer fails its tests; none is skipped.
enum Engines {
    static let all: [String] =
        (ProcessInfo.processInfo.environment["CONTROLLER_TEST_ENGINES"] ?? "unix:///var/run/docker.sock")
        .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
}

/// Names of its own on one engine, and the removal of everything made under them, last made first.
final class EngineFixture: Sendable {
    let engine: DockerEngine
    /// In front of every name, and the value of the label `ct-fixture`.
    let prefix: String
    private let cleanups = Cleanups()

    private init(engine: DockerEngine) {
        self.engine = engine
        prefix = "ct-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
    }

    /// Runs a test body and cleans up, whatever happened.
    static func with(_ address: String, _ body: (EngineFixture) async throws -> Void) async throws {
        let fixture = EngineFixture(engine: try DockerEngine(address: address))
        do {
            try await body(fixture)
        } catch {
            await fixture.cleanups.run()
            throw error
        }
        await fixture.cleanups.run()
    }

    var labels: [String: String] { ["ct-fixture": prefix] }

    func cleanup(_ action: @escaping @Sendable () async throws -> Void) async { await cleanups.add(action) }

    /// An image of one static busybox, whose command sleeps; `image` is its reference.
    func image() async throws -> String {
        let reference = "\(prefix)-busybox:1"
        let path = ProcessInfo.processInfo.environment["CONTROLLER_TEST_BUSYBOX"] ?? "/bin/busybox"
        guard let busybox = FileManager.default.contents(atPath: path) else {
            throw Missing(what: "\(path): apt-get install busybox-static")
        }
        let names = ["sh", "sleep"]
        let archive = try TarWriter.archive(
            [TarEntry(path: "bin", .directory, mode: 0o755), TarEntry(path: "tmp", .directory, mode: 0o1777)]
                + (["busybox"] + names).map { TarEntry(path: "bin/\($0)", .file([UInt8](busybox)), mode: 0o755) })
        await cleanup { [engine] in try await engine.removeImage(reference, force: true) }
        try await engine.importImage(reference, archive: archive, changes: [#"CMD ["/bin/sleep","100000"]"#]).finish()
        return reference
    }

    /// A created container and its ID.
    func container(
        _ configuration: DockerContainerConfiguration, named name: String = "a",
        host: DockerHostConfiguration = .init(),
        networks: [String: DockerEndpointConfiguration] = [:]
    ) async throws -> String {
        var configuration = configuration
        configuration.labels.merge(labels) { one, _ in one }
        let id = try await engine.createContainer(
            name: "\(prefix)-\(name)", configuration, host: host, networks: networks)
        await cleanup { [engine] in try await engine.removeContainer(id, force: true, removesAnonymousVolumes: true) }
        return id
    }

    /// A started container that sleeps.
    func running(_ name: String = "a", image: String) async throws -> String {
        let id = try await container(DockerContainerConfiguration(image: image), named: name)
        try await engine.start(id)
        return id
    }

    func network(_ name: String = "net", subnets: [DockerSubnet] = []) async throws -> String {
        let configuration = DockerNetworkConfiguration(name: "\(prefix)-\(name)", subnets: subnets, labels: labels)
        let id = try await engine.createNetwork(configuration)
        await cleanup { [engine] in try await engine.removeNetwork(id) }
        return id
    }

    struct Missing: Error { let what: String }
}

/// What is to be undone, last first.
private actor Cleanups {
    private var actions: [@Sendable () async throws -> Void] = []

    func add(_ action: @escaping @Sendable () async throws -> Void) { actions.append(action) }

    func run() async {
        for action in actions.reversed() {
            do {
                try await action()
            } catch let error as DockerError where error.code == .notFound || error.code == .noSuchImage {
            } catch {
                Issue.record("clean-up: \(error)")
            }
        }
        actions = []
    }
}

/// The code of the error that `body` throws, `nil` if it throws none.
func code(_ body: () async throws -> Void) async throws -> DockerError.Code? {
    do {
        try await body()
        return nil
    } catch let error as DockerError {
        #expect(!error.attempted.isEmpty && !error.object.isEmpty && !error.description.isEmpty)
        return error.code
    }
}

/// Waits until `condition` holds; fails with `reason` after ten seconds.
func eventually(_ reason: String, _ condition: () async throws -> Bool) async throws {
    let until = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < until {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("never came: \(reason)")
}
