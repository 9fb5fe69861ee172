import Model

extension Backups {
    /// What a promotion by hand left in the archive, before the image kept it from that.
    func strayHistories(_ database: DatabaseView, into proposal: inout Proposal) {
        guard !database.isInRecovery, !database.archiver.strayHistories.isEmpty else { return }
        proposal.conditions.append(
            Condition(
                .strayTimeline, .true, reason: "NewerThanThePrimary",
                message: "the archive holds \(database.archiver.strayHistories.joined(separator: ", ")), and "
                    + "\(database.node) is on timeline \(database.timeline): a server that was promoted by hand wrote it. "
                    + "No node is given it, but a restore to the newest moment would follow it: delete it "
                    + "(docs/recovery.md)", subject: .repository))
    }
}
