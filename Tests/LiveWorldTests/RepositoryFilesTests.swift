import Model
import Testing

@testable import LiveWorld

@Suite("pgBackRest's files, as they are read without pgBackRest")
struct RepositoryFilesTests {
    /// The form of pgBackRest 2.60, shortened.
    private let text = """
        [backrest]
        backrest-format=5
        backrest-version="2.60.0"

        [backup:current]
        20261123-110116F={"backrest-format":5,"backup-archive-start":"000000010000000000000005","backup-archive-stop":"000000010000000000000006","backup-error":false,"backup-info-repo-size-delta":2700000,"backup-info-size":22900000,"backup-lsn-stop":"0/6000120","backup-timestamp-start":1763895676,"backup-timestamp-stop":1763895678,"backup-type":"full"}
        20261122-010000F={"backup-info-size":1,"backup-timestamp-stop":1763773300,"backup-type":"full","backup-error":true}

        [db]
        db-id=1
        db-system-id=7573819246301928374
        db-version="18"
        """

    @Test("backups are told from the oldest to the newest, with what a restore needs to know")
    func backups() throws {
        let view = RepositoryFiles.parse(backupInfo: text)
        #expect(view.stanza == .ok(systemIdentifier: "7573819246301928374"))
        #expect(view.backups.map(\.label) == ["20261122-010000F", "20261123-110116F"])
        let newest = try #require(view.backups.last)
        #expect((newest.startedAt, newest.stoppedAt) == (1_763_895_676, 1_763_895_678))
        #expect((newest.size, newest.repositorySize) == (22_900_000, 2_700_000))
        #expect((newest.firstSegment, newest.lastSegment) == ("000000010000000000000005", "000000010000000000000006"))
        #expect(newest.consistentAt == "0/6000120" && !newest.hasError && newest.prior == nil)
        #expect(view.backups[0].hasError)
    }

    @Test("a file without a system identifier is broken, and not an empty repository")
    func broken() {
        for text in [
            "", "[db]\n", "[backup:current]\ndb-system-id=1\n", text.replacing("db-system-id", with: "db-other"),
        ] {
            #expect(RepositoryFiles.parse(backupInfo: text).stanza == .broken("backup.info names no system identifier"))
        }
    }

    @Test("a file that is cut off anywhere is read without a crash, and tells no backup that is not whole")
    func cutOff() {
        let whole = RepositoryFiles.parse(backupInfo: text)
        for length in 0..<text.count {
            let view = RepositoryFiles.parse(backupInfo: String(text.prefix(length)))
            #expect(view.backups.allSatisfy { whole.backups.contains($0) })
        }
    }
}
