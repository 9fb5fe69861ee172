import Model
import Supervisor

/// The status as a person reads it at a glance.
enum StatusTable {
    static func lines(_ status: StatusReport, verbose: Bool) -> [String] {
        let whole = status.pauses.filter { $0.node == nil }
        let word =
            status.ready
            ? Terminal.green("Ready") : Terminal.yellow(whole.isEmpty ? "Not ready" : "Paused, nothing is changed")
        var lines = ["\(Terminal.bold("Cluster \(status.cluster)")): \(word)   (seen \(status.time))"]
        lines += status.pauses.map { "  \(Terminal.yellow("paused")) \(pause($0))" } + [""]
        lines += nodes(status) + [""] + etcd(status) + [""]
        if !status.poolers.isEmpty { lines += poolers(status) + [""] }
        if let disk = status.disk {
            lines.append("Disk:    \(size(disk.freeBytes)) of \(size(disk.sizeBytes)) free, under the volumes")
        }
        lines += backups(status.backups) + ["Schema:  \(status.schemaVersion ?? "-")"]
        lines += ["", "Endpoints (passwords: `controller password pgadmin`)"]
        lines += status.endpoints.map { "  \(pad($0.name, 12)) \($0.url)" }
        lines += [""] + conditions(status, verbose: verbose)
        lines += list("Waiting for", status.waiting.map { Terminal.plain($0) })
        lines += list(
            "Wanted and not done now",
            status.pending.map { "\($0.object): \(Terminal.plain($0.action)): \(Terminal.plain($0.why))" })
        return lines
    }

    /// The first of them, and how many more there are; nothing where there is none.
    private static func list(_ title: String, _ items: [String]) -> [String] {
        guard !items.isEmpty else { return [] }
        let shown = 8
        let rest = items.count - shown
        return ["", title] + items.prefix(shown).map { "  \($0)" }
            + (rest > 0 ? ["  and \(rest) more (all: --output json)"] : [])
    }

    private static func pause(_ pause: StatusReport.Pause) -> String {
        let since = pause.since.map { " since \($0)" } ?? ""
        let reason = pause.reason.map { ": \(Terminal.plain($0))" } ?? ""
        return "\(pause.node ?? "the whole cluster")\(since) by \(Terminal.plain(pause.by))\(reason)"
    }

    private static func nodes(_ status: StatusReport) -> [String] {
        var table = Table(["NODE", "ROLE", "STATE", "TL", "LAG", "SYNC", "ADDRESS"])
        for node in status.nodes {
            let marks = (node.maintenance ? ["maintenance"] : []) + node.tags
            table.add([
                node.name, node.role,
                node.state + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))"),
                node.timeline.map { "\($0)" } ?? "",
                node.lagBytes.map { size($0) } ?? "", node.synchronous ? "yes" : "", node.endpoint,
            ])
        }
        return table.lines
    }

    private static func etcd(_ status: StatusReport) -> [String] {
        var table = Table(["ETCD", "STATE", "SIZE"])
        for member in status.etcd {
            table.add([member.name, member.state, member.databaseBytes.map { size($0) } ?? ""])
        }
        return table.lines
    }

    private static func poolers(_ status: StatusReport) -> [String] {
        var table = Table(["POOLER", "ACCESS", "STATE", "LEADS TO", "SERVERS", "ADDRESS"])
        for pooler in status.poolers {
            table.add([
                pooler.name, pooler.access, pooler.state, pooler.nodes.joined(separator: ","),
                pooler.servers.map { "\($0)" } ?? "", pooler.endpoint,
            ])
        }
        return table.lines
    }

    private static func backups(_ backups: StatusReport.Backups) -> [String] {
        guard let newest = backups.newest else { return ["Backups: none yet"] }
        var lines = ["Backups: \(backups.count), newest \(newest) of \(backups.newestAt ?? "?")"]
        if let from = backups.recoverableFrom {
            lines.append("         any moment from \(from) to \(backups.recoverableTo ?? "?") can be restored")
        }
        let next = backups.next.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        if !next.isEmpty {
            lines.append("         next: " + next.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
        }
        if let drill = backups.drill {
            lines.append("         restore drill \(drill.passed ? "passed" : "FAILED") at \(drill.endedAt.prefix(19))Z")
        }
        return lines
    }

    private static func conditions(_ status: StatusReport, verbose: Bool) -> [String] {
        let always = ["Ready", "VolumeRetained", "OutOfMemory", "Exposed", "MetricQueryFailing", "NotificationFailing"]
        let shown = status.conditions.filter { condition in
            verbose || condition.bad || always.contains(condition.type)
                || condition.type == "ImagesCurrent" && condition.status == "False"
        }
        var lines = ["Conditions" + (verbose ? "" : " (all: --verbose)")]
        for condition in shown {
            let isHint =
                ["Exposed", "MetricQueryFailing", "NotificationFailing"].contains(condition.type)
                || condition.type == "ImagesCurrent" && condition.status == "False"
            let mark = condition.bad ? Terminal.red("✗") : isHint ? Terminal.yellow("!") : Terminal.green("✓")
            let since = condition.lastTransitionTime.map { " since \($0)" } ?? ""
            let object = condition.object == "cluster" ? "" : " [\(condition.object)]"
            lines.append(
                "  \(mark) \(condition.type)=\(condition.status) \(condition.reason)\(object)\(since): "
                    + Terminal.plain(condition.message))
            lines += condition.details.map { "      | " + Terminal.plain($0) }
        }
        return lines
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func size(_ bytes: Int64) -> String { ByteCount(bytes: bytes).brief }
}
