import Foundation
import Testing

@testable import LiveWorld

@Suite("What a superuser's session does not inherit")
struct SessionSettingsTests {
    /// The images' programs have the list as a file; only the times differ, because their work may take hours.
    @Test("is the same for the controller and for the programs in the images")
    func oneList() throws {
        let root = #filePath.components(separatedBy: "/Tests/")[0]
        let text = try String(contentsOfFile: root + "/deploy/images/postgres/session-options", encoding: .utf8)
        var images: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.dropFirst(3).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            images[String(parts[0])] = parts[1].replacingOccurrences(of: "\\ ", with: " ")
        }
        var own = SessionSettings.superuser
        for name in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] { own[name] = "0" }
        #expect(images == own)
    }
}
