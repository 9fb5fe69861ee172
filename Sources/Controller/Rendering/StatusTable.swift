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
        lines += nodes(status) + [""] + slots(status, verbose: verbose) + etcd(status) + [""]
        if !status.poolers.isEmpty { lines += poolers(status) + [""] }
        if let disk = status.disk {
            lines.append("Disk:    \(size(disk.freeBytes)) of \(size(disk.sizeBytes)) free, under the volumes")
        }
        lines += backups(status.backups) + ["Schema:  \(status.schemaVersion ?? "-")"] + figures(status)
        lines += ["", "Endpoints (passwords: `controller password pgadmin`)"]
        lines += status.endpoints.map { "  \(pad($0.name, 12)) \($0.url)" }
        if verbose { lines += status.nodes.map { "  \(pad("patroni", 12)) https://\($0.patroni)   (\($0.name))" } }
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
        var table = Table([
            "NODE", "ROLE", "STATE", "TL", "LSN", "LAG", "SYNC", "UP", "SESSIONS", "OLDEST", "ADDRESS",
        ])
        for node in status.nodes {
            let marks = (node.maintenance ? ["maintenance"] : []) + node.tags
            table.add([
                node.name, node.role,
                node.state + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))"),
                node.timeline.map { "\($0)" } ?? "", node.lsn ?? "", lag(node), node.synchronous ? "yes" : "",
                node.startedAt.flatMap { up(since: $0, at: status.time) } ?? "", sessions(node.figures),
                node.figures?.longestTransactionSeconds.map { span(seconds: $0) } ?? "", node.endpoint,
            ])
        }
        return table.lines
    }

    /// Bytes that are not replayed, and seconds where there are some.
    private static func lag(_ node: StatusReport.Node) -> String {
        let seconds = node.figures?.lagSeconds ?? 0
        let parts = [node.lagBytes.map { size($0) }, seconds >= 0.1 ? MeasuredHistory.text(seconds) : nil]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private static func sessions(_ figures: StatusReport.Figures?) -> String {
        guard let figures, let now = figures.connections else { return "" }
        return figures.connectionLimit.map { "\(now)/\($0)" } ?? "\(now)"
    }

    private static func up(since start: String, at now: String) -> String? {
        guard let start = Timestamp(start), let now = Timestamp(now), now >= start else { return nil }
        return span(seconds: (now - start) / .seconds(1))
    }

    /// The largest unit that fits, whole: `45s`, `12m`, `3h`, `5d`.
    static func span(seconds: Double) -> String {
        let whole = Int64(max(0, min(seconds, 1e12)))
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m"
        case ..<86_400: return "\(whole / 3600)h"
        case _: return "\(whole / 86_400)d"
        }
    }

    /// Slots that a person may have to do something about: those that hold data back for a client that is none of the nodes,
    /// or that is not there. All of them with --verbose.
    private static func slots(_ status: StatusReport, verbose: Bool) -> [String] {
        let members = Set(status.nodes.map { $0.name.replacing("-", with: "_") })
        let shown = (status.slots ?? []).filter { slot in
            verbose || !members.contains(slot.name) || slot.retainedBytes > 64 << 20
        }
        guard !shown.isEmpty else { return [] }
        var table = Table(["SLOT", "NODE", "TYPE", "READ", "KEEPS", "WAL"])
        for slot in shown {
            table.add([
                Terminal.plain(slot.name), slot.node, slot.type, slot.active ? "yes" : "no", size(slot.retainedBytes),
                slot.walStatus,
            ])
        }
        return table.lines + [""]
    }

    private static func figures(_ status: StatusReport) -> [String] {
        var lines: [String] = []
        if let primary = status.nodes.first(where: { $0.role == "primary" })?.figures {
            let parts = [
                primary.dataBytes.map { "\(size($0)) in the databases" }, primary.walBytes.map { "\(size($0)) of WAL" },
            ].compactMap(\.self)
            if !parts.isEmpty { lines.append("Data:    " + parts.joined(separator: ", ")) }
        }
        if let cost = status.lastFailover {
            lines.append(
                "Last failover: \(cost.time.prefix(19))Z, no write for \(MeasuredHistory.text(cost.seconds)) "
                    + "(\(Terminal.plain(cost.what)))")
        }
        if let expiry = status.nextExpiry {
            lines.append("Certificates: the first that ends is that of \(expiry.owner), on \(expiry.notAfter)")
        }
        return lines
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
