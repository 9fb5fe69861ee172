import Foundation

/// Containers and networks for one test: named `ct-<random>-…`, gone at its end.
public actor ContainerFixture {
    /// The random part of every name.
    public nonisolated let id = String(UUID().uuidString.prefix(8)).lowercased()
    private var cleanups: [[String]] = []

    /// Runs the body with a fixture and removes everything afterwards, last made first.
    ///
    /// Fails, and does not skip, where Docker or an image is missing.
    public static func with<Value: Sendable>(
        _ body: @Sendable (ContainerFixture) async throws -> Value
    ) async throws -> Value {
        let fixture = ContainerFixture()
        do {
            let value = try await body(fixture)
            await fixture.cleanUp()
            return value
        } catch {
            await fixture.printLogs()
            await fixture.cleanUp()
            throw error
        }
    }

    /// The full name of a thing of this fixture.
    public nonisolated func name(_ short: String) -> String { "ct-\(id)-\(short)" }

    /// Makes a bridge network and returns its name.
    public func network() async throws -> String {
        try await Shell.run(["docker", "network", "create", name("net")])
        cleanups.append(["docker", "network", "rm", name("net")])
        return name("net")
    }

    /// Makes a container without starting it and returns its name. `options` stand before the image in
    /// `docker create`, `command` after it.
    public func create(
        _ short: String, image: String, options: [String] = [], command: [String] = []
    ) async throws -> String {
        try await Shell.run(["docker", "create", "--name", name(short)] + options + [image] + command)
        cleanups.append(["docker", "rm", "-f", "-v", name(short)])
        return name(short)
    }

    /// Makes and starts a container and returns its name.
    public func start(
        _ short: String, image: String, options: [String] = [], command: [String] = []
    ) async throws -> String {
        let container = try await create(short, image: image, options: options, command: command)
        try await Shell.run(["docker", "start", container])
        return container
    }

    /// The address of a container in its first network.
    public nonisolated func address(of container: String) async throws -> String {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        let addresses = try await Shell.run(["docker", "inspect", "-f", format, container])
        guard let address = addresses.split(separator: " ").first else {
            throw ShellError(description: "\(container) has no address")
        }
        return String(address)
    }

    private func printLogs() async {
        for cleanup in cleanups where cleanup.contains("rm") && cleanup.contains("-v") {
            guard let container = cleanup.last else { continue }
            let log = (try? await Shell.run(["docker", "logs", "--tail", "40", container])) ?? "no log"
            print("--- \(container)\n\(log)")
        }
    }

    private func cleanUp() async {
        for cleanup in cleanups.reversed() { _ = try? await Shell.run(cleanup) }
    }
}
