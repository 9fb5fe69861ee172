import Model
import Testing

@Suite("A request for a backup")
struct TaskRequestTests {
    private func backup(_ label: String, _ type: String, from start: Int64) -> BackupView {
        var backup = BackupView(label: label, type: type, stoppedAt: start + 10, size: 1)
        backup.startedAt = start
        return backup
    }

    @Test("is answered with the backup that it led to, and no other")
    func backup() {
        let request = TaskRequest(.backup, type: .differential, at: Timestamp(microseconds: 1000_700_000))
        func led(_ backups: BackupView...) -> String? { request.backup(in: backups, known: ["old"])?.label }
        #expect(led() == nil)
        #expect(led(backup("old", "full", from: 1000)) == nil)
        #expect(led(backup("before", "full", from: 999)) == nil)
        #expect(led(backup("small", "incr", from: 1002)) == nil)
        #expect(led(backup("later", "full", from: 1030), backup("own", "diff", from: 1001)) == "own")
        #expect(led(backup("fuller", "full", from: 1001)) == "fuller")
    }

    @Test("says who asked and when")
    func text() {
        let request = TaskRequest(.backup, type: .full, at: Timestamp(seconds: 1_760_000_000), by: "ann@host")
        #expect(request.text == "a full backup, asked for by ann@host at 2025-10-09 08:53:20Z")
    }
}
