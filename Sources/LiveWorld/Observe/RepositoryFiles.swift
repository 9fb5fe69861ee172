import FoundationEssentials
import Model

/// pgBackRest's `backup.info` and `archive.info`: INI files whose values are JSON
/// (https://pgbackrest.org, doc "Info files"). Reading them costs no process and works while no node runs.
enum RepositoryFiles {
    static func archiveInfo(stanza: String) -> String { "archive/\(stanza)/archive.info" }
    static func backupInfo(stanza: String) -> String { "backup/\(stanza)/backup.info" }

    static func parse(backupInfo text: String) -> RepositoryView {
        var section = ""
        var identifier: String?
        var backups: [BackupView] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = String(line.dropFirst().dropLast())
                continue
            }
            guard let equals = line.firstIndex(of: "=") else { continue }
            let key = String(line[..<equals])
            let value = String(line[line.index(after: equals)...])
            switch (section, key) {
            case ("db", "db-system-id"): identifier = value
            case ("backup:current", _):
                if let backup = backup(label: key, json: value) { backups.append(backup) }
            case (_, _): continue
            }
        }
        guard let identifier else { return RepositoryView(stanza: .broken("backup.info names no system identifier")) }
        return RepositoryView(
            stanza: .ok(systemIdentifier: identifier), backups: backups.sorted { $0.stoppedAt < $1.stoppedAt })
    }

    private static func backup(label: String, json: String) -> BackupView? {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)) else { return nil }
        var view = BackupView(
            label: label, type: value["backup-type"]?.string ?? "?",
            stoppedAt: value["backup-timestamp-stop"]?.integer ?? 0, size: value["backup-info-size"]?.integer ?? 0,
            hasError: value["backup-error"]?.bool ?? false)
        view.startedAt = value["backup-timestamp-start"]?.integer ?? view.stoppedAt
        view.repositorySize = value["backup-info-repo-size-delta"]?.integer ?? 0
        view.prior = value["backup-prior"]?.string
        view.firstSegment = value["backup-archive-start"]?.string ?? ""
        view.lastSegment = value["backup-archive-stop"]?.string ?? ""
        view.consistentAt = value["backup-lsn-stop"]?.string ?? ""
        return view
    }
}
