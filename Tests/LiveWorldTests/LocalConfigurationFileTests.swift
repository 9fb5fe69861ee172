import Foundation
import Model
import Testing

@testable import LiveWorld

@Suite("The record of the nodes' own files")
struct LocalConfigurationFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("local-\(UUID().uuidString)")
    private let value = LocalConfiguration(
        parameters: [.init("shared_preload_libraries", "pg_stat_statements")],
        clientRules: ["host all all 10.0.0.0/8 reject"], poolers: ["10.0.0.2"], nodesProve: true,
        patroniTLS: true)

    @Test("is read as it was written, for the controller alone, and replaced as a whole")
    func lasts() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path + "/secrets", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = LocalConfigurationFile(beside: SecretStore(directory: folder.path + "/secrets"))
        #expect(file.read() == .absent)
        try file.write(value)
        #expect(file.read() == .present(value))
        var other = value
        other.poolers = []
        try file.write(other)
        #expect(file.read() == .present(other))
        let path = folder.path + "/local-configuration.json"
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "local-configuration.json", "secrets",
            ])
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        // an older build's says nothing of proofs
        try #"{"parameters": [], "clientRules": [], "poolers": []}"#
            .write(toFile: path, atomically: false, encoding: .utf8)
        #expect(file.read().value?.nodesProve == false && file.read().value?.patroniTLS == false)
        // what a person has broken is as good as nothing: values are tried anew
        try "{".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(file.read() == .absent)
    }

    @Test("a record that cannot be read is unknown, and not absent")
    func unreadable() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path + "/local-configuration.json", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(atPath: folder.path + "/secrets", withIntermediateDirectories: true)
        #expect(LocalConfigurationFile(beside: SecretStore(directory: folder.path + "/secrets")).read().isUnknown)
    }

    @Test("a directory that is not there is said by name, and nothing is recorded")
    func refuses() {
        let file = LocalConfigurationFile(beside: SecretStore(directory: folder.path + "/secrets"))
        #expect { try file.write(value) } throws: { "\($0)".contains("local-configuration.json") }
        #expect(file.read() == .absent)
    }
}
