import Foundation
import TestSupport

/// The parts of `controller backups --output json` that tests read.
struct BackupList: Decodable {
    struct Backup: Decodable {
        var label: String
        var type: String
        var prior: String?
        var firstSegment: String
    }
    var backups: [Backup]
    var recoverableFrom: String?
}

extension ClusterFixture {
    /// What the repository holds.
    func held() async throws -> BackupList {
        let text = try await command("backups", "--output", "json")
        guard let start = text.firstIndex(of: "{") else { throw ShellError(description: text) }
        return try JSONDecoder().decode(BackupList.self, from: Data(text[start...].utf8))
    }

    /// Waits until the repository holds more than so many backups.
    func backups(beyond count: Int) async throws {
        _ = try await eventually("more than \(count) backups") { () -> Bool? in
            try await self.held().backups.count > count ? true : nil
        }
    }
}
