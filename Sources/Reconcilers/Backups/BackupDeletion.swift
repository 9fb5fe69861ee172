public import Model

/// Which backups a person may have deleted: none that others are made from, and never the last full one.
public enum BackupDeletion {
    /// Why a backup is not deleted; nil where it may be.
    public static func obstacle(_ label: String, in backups: [BackupView]) -> String? {
        guard let backup = backups.first(where: { $0.label == label }) else {
            let names = backups.map(\.label).joined(separator: ", ")
            return "there is no backup \(label)" + (names.isEmpty ? "" : "; there are \(names)")
        }
        // a label begins with that of its full backup
        let dependents = backups.filter { $0.prior == label || $0.label != label && $0.label.hasPrefix(label + "_") }
        if let first = dependents.first {
            let rest = dependents.count - 1
            return "\(first.label)\(rest > 0 ? " and \(rest) more" : "") cannot be restored without \(label)"
        }
        guard backup.type == BackupType.full.rawValue else { return nil }
        let others = backups.filter { $0.type == BackupType.full.rawValue && $0.label != label && !$0.hasError }
        return others.isEmpty ? "\(label) is the last full backup; take another one first" : nil
    }
}
