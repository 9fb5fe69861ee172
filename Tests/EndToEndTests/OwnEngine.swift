import Foundation
import TestSupport

/// A Docker Engine of one test's own, which may be stopped without harm to anybody: the machine's dockerd, with a data
/// root, a socket and a network namespace for itself.
final class OwnEngine: Sendable {
    let namespace: String
    private let directory: String
    private let daemon = Running()

    var host: String { "unix://\(directory)/docker.sock" }
    /// What stands before a command that is to run where the engine's networks are.
    var inside: [String] { ["nsenter", "--net=/run/netns/\(namespace)"] }

    private init(name: String) {
        namespace = name
        directory = NSTemporaryDirectory() + "engine-" + name
    }

    /// Starts one, with copies of these images and a disk of its own, for as long as the body runs.
    static func with(images: [String], _ body: (OwnEngine) async throws -> Void) async throws {
        let engine = OwnEngine(name: "e2e" + String(UUID().uuidString.prefix(6)).lowercased())
        do {
            try await engine.make(images)
            try await body(engine)
        } catch {
            await engine.cleanUp()
            throw error
        }
        await engine.cleanUp()
    }

    private func make(_ images: [String]) async throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let (disk, data) = (directory + "/disk", directory + "/data")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try await Shell.run(["truncate", "--size", "4G", disk])
        // no space that only root may fill: all run out of it together
        let make = "mkfs.ext4 -q -m 0 \"$1\" && mount -o loop \"$1\" \"$2\""
        // not every machine has loop devices, and a file system for them
        _ = try? await Shell.run(["sh", "-c", make, "sh", disk, data])
        try await Shell.run(["ip", "netns", "add", namespace])
        try await Shell.run(["ip", "-n", namespace, "link", "set", "lo", "up"])
        try await start()
        try await Shell.run(
            ["sh", "-c", "host=$1; shift; docker save \"$@\" | docker -H $host load -q", "sh", host] + images)
    }

    /// Starts the daemon and waits until it answers.
    /// - Parameter keepsContainers: whether they outlive the daemon (`--live-restore`).
    func start(keepsContainers: Bool = false) async throws {
        try daemon.start(
            inside + [
                "dockerd", "--bridge", "none", "-H", host, "--data-root", "\(directory)/data", "--exec-root",
                "\(directory)/run", "--pidfile", "\(directory)/pid",
            ] + (keepsContainers ? ["--live-restore"] : []), log: "\(directory)/log")
        _ = try await eventually("the engine") {
            try await Shell.run(["docker", "-H", host, "version"])
        }
    }

    /// Whether what it keeps is on a disk of its own.
    var hasDisk: Bool {
        func device(_ path: String) -> Int? {
            (try? FileManager.default.attributesOfItem(atPath: path))?[.systemNumber] as? Int
        }
        return device(directory) != device("\(directory)/data")
    }

    /// Leaves not a byte of its disk free.
    func fillDisk() async throws {
        precondition(hasDisk, "the machine's own disk is not to be filled")
        try await Shell.run(["sh", "-c", "cat /dev/zero >>\"$1\" 2>/dev/null || true", "sh", filler])
    }

    /// Gives the space back.
    func freeDisk() throws { try FileManager.default.removeItem(atPath: filler) }

    private var filler: String { "\(directory)/data/filler" }

    /// Stops the daemon as the machine's service manager would.
    func stop() async throws {
        daemon.signal(SIGTERM)
        // Foundation waits for all that inherited a descriptor, which containers that go on have done
        _ = try await eventually("the engine to end") { isRunning ? nil : true }
    }

    private var isRunning: Bool { FileManager.default.fileExists(atPath: "\(directory)/pid") }

    private func cleanUp() async {
        // with a full disk not even a daemon ends in order
        try? freeDisk()
        // containers that outlived a daemon are known to the next one only
        if !isRunning { try? await start() }
        let left = (try? await Shell.run(["docker", "-H", host, "ps", "-aq"])) ?? ""
        let ids = left.split(separator: "\n").map(String.init)
        if !ids.isEmpty { _ = try? await Shell.run(["docker", "-H", host, "rm", "-f"] + ids) }
        try? await stop()
        _ = try? await Shell.run(["ip", "netns", "del", namespace])
        // a daemon mounts its root over itself, and leaves it so
        while (try? await Shell.run(["umount", "-l", "\(directory)/data"])) != nil {}
        _ = try? await Shell.run(["rm", "-rf", directory])
    }
}
