import FoundationEssentials
import Model
import Supervisor

/// Since when each condition is as it is: kept in a file, so that `controller status` in another process can say it.
struct ConditionHistory: Codable {
    /// One condition's last change.
    struct Entry: Codable, Hashable {
        var type: String
        var object: String
        var status: String
        var since: String
        /// The whole of it, when it comes from the running controller's memory and a fresh look cannot tell it, and that of
        /// `Ready`, which spares a command that waits most of its looks.
        var line: StatusReport.ConditionLine?
    }

    /// What only the running controller knows, because it comes from trying and from events.
    private static let remembered: [ConditionType] = [
        .crashLoop, .actionFailing, .actionRefused, .outOfMemory, .monitoringAvailable, .metricQueryFailing,
        .notificationFailing,
    ]

    /// What the controller said last of a condition of the cluster.
    func line(of type: ConditionType) -> StatusReport.ConditionLine? {
        entries.first { $0.type == type.rawValue && $0.object == Subject.cluster.text }?.line
    }

    private var path = ""
    private(set) var entries: [Entry] = []
    /// What the running controller wants and does not do now: its back-off and its guards' refusals are in no look.
    private(set) var pending: [StatusReport.Pending]?

    private enum CodingKeys: CodingKey { case entries, pending }

    init(path: String) {
        if let data = FileManager.default.contents(atPath: path),
            let known = try? JSONDecoder().decode(ConditionHistory.self, from: data)
        {
            entries = known.entries
            pending = known.pending
        }
        self.path = path
    }

    /// Notes what changed, and writes the file only then.
    mutating func note(_ report: PassReport) {
        var next: [Entry] = []
        for condition in report.conditions {
            let known = entries.first { $0.type == condition.type.rawValue && $0.object == condition.subject.text }
            let isSame = known?.status == condition.status.rawValue
            next.append(
                Entry(
                    type: condition.type.rawValue, object: condition.subject.text, status: condition.status.rawValue,
                    since: isSame ? known?.since ?? report.input.now.text : report.input.now.text,
                    line: condition.type == .ready || ConditionHistory.remembered.contains(condition.type)
                        ? StatusReport.ConditionLine(condition) : nil))
        }
        let pending = report.decisions.compactMap(StatusReport.Pending.init)
        guard next != entries || pending != self.pending else { return }
        entries = next
        self.pending = pending
        if let data = try? JSONEncoder().encode(self) {
            _ = StateDirectory.replace(path, with: String(decoding: data, as: UTF8.self))
        }
    }

    /// Puts the times into a status, and what a living controller remembers.
    func fill(_ status: inout StatusReport, controllerRuns: Bool) {
        if controllerRuns, let pending { status.pending = pending }
        let known = status.conditions
        for line in controllerRuns ? entries.compactMap(\.line) : []
        where !known.contains(where: { $0.type == line.type && $0.object == line.object }) {
            status.add(line)
        }
        for index in status.conditions.indices {
            let line = status.conditions[index]
            status.conditions[index].lastTransitionTime =
                entries.first { $0.type == line.type && $0.object == line.object && $0.status == line.status }?.since
        }
    }
}
