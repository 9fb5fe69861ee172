import Foundation
import Model
import Testing

@testable import Controller

@Suite("The manifest on disk and the one in force")
struct ManifestSourceTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("source-\(UUID().uuidString)")
    private var path: String { folder.path + "/cluster.yaml" }
    private var last: String { folder.path + "/shop/manifest.last.yaml" }

    /// Runs a test with a folder of its own, in which a good manifest lies.
    private func withManifest(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/shop", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try write()
        try body()
    }

    private func write(name: String = "shop", count: String = "3") throws {
        let text = """
            apiVersion: pg-controller.io/v1
            kind: PostgresCluster
            metadata:
              name: \(name)
            spec:
              nodes:
                count: \(count)
            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test("an edit is taken at once, one with mistakes is not, and the condition has file, line and column")
    func refreshes() throws {
        try withManifest {
            var source = try ManifestSource(path: path)
            #expect(source.cluster.nodes.count == 3)
            var isChanged = source.refresh()
            #expect(!isChanged)
            try write(count: "5")
            isChanged = source.refresh()
            #expect(isChanged)
            #expect(source.cluster.nodes.count == 5 && source.condition == nil)
            try write(count: "many")
            isChanged = source.refresh()
            #expect(isChanged)
            #expect(source.cluster.nodes.count == 5)
            #expect(source.condition?.type == .manifestInvalid)
            #expect(source.condition?.message.contains("\(path):7:12: spec.nodes.count") == true)
            #expect(source.warning != nil)
            try FileManager.default.removeItem(atPath: path)
            isChanged = source.refresh()
            #expect(isChanged)
            #expect(source.cluster.nodes.count == 5 && source.condition?.type == .manifestInvalid)
            try write(count: "1")
            isChanged = source.refresh()
            #expect(isChanged)
            #expect(source.cluster.nodes.count == 1 && source.condition == nil && source.warning == nil)
        }
    }

    @Test("an edit that this cluster cannot have is refused, and the one before stays in force")
    func refuses() throws {
        try withManifest {
            var source = try ManifestSource(path: path)
            try write(name: "other")
            let isChanged = source.refresh()
            #expect(isChanged)
            #expect(source.cluster.name == "shop")
            #expect(source.condition?.type == .unsupportedChange)
            // it is no mistake of the file: a command that asks for another cluster is told by the name
            #expect(source.warning == nil)
        }
    }

    @Test("a command takes the last good manifest while the file has mistakes; without one it says what is wrong")
    func fallsBack() throws {
        try withManifest {
            var source = try ManifestSource(path: path)
            source.note(isRefused: false, savingTo: last)
            try write(count: "many")
            let command = try ManifestSource(path: path, orLastGoodBelow: folder.path)
            #expect(command.cluster.nodes.count == 3)
            #expect(command.warning?.contains("spec.nodes.count") == true)
            try FileManager.default.removeItem(atPath: last)
            #expect(throws: Failure.self) { try ManifestSource(path: path, orLastGoodBelow: folder.path) }
        }
    }

    @Test("what cannot be had is never saved as the last good one, and is replaced by it")
    func saves() throws {
        try withManifest {
            var source = try ManifestSource(path: path)
            source.note(isRefused: true, savingTo: last)
            #expect(!FileManager.default.fileExists(atPath: last))
            source.note(isRefused: false, savingTo: last)
            let kept = try String(contentsOfFile: last, encoding: .utf8)
            #expect(kept.contains("name: shop"))
            // a controller that starts with an edit that was refused before
            try write(name: "other")
            var restarted = try ManifestSource(path: path)
            let fell = restarted.fallBack(to: last)
            #expect(fell)
            #expect(restarted.cluster.name == "shop" && restarted.condition?.type == .unsupportedChange)
        }
    }
}
