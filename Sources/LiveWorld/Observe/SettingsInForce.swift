public import Model
import PostgresClient

/// A parameter as PostgreSQL runs with it: a row of `pg_settings`.
struct SettingInForce: Decodable, Equatable {
    var name: String
    var setting: String
    var unit: String?
    var type: String

    /// Whether it is what the manifest writes as `wanted`. Where PostgreSQL may rightly show a value in other words than it
    /// was given, it is taken for the same.
    func isSame(as wanted: String) -> Bool {
        if wanted == setting || wanted == "-1" { return true }
        // 0 means: as large as PostgreSQL finds right, and it shows what that is
        if wanted == "0", name.hasSuffix("_buffers") { return true }
        switch type {
        case "bool": return SettingInForce.truth(wanted).map { $0 == SettingInForce.truth(setting) } ?? true
        case "integer", "real":
            guard let shown = Double(setting), let number = SettingInForce.number(wanted, in: unit ?? "") else {
                return true
            }
            return type == "integer"
                ? number.rounded(.toNearestOrEven) == shown : abs(number - shown) <= abs(shown) * 1e-9
        case "enum":
            let (left, right) = (SettingInForce.truth(wanted), SettingInForce.truth(setting))
            if left != nil { return right == nil || left == right }
            return wanted.lowercased() == setting.lowercased()
        default: return wanted.lowercased() == setting.lowercased()
        }
    }

    private static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "on", "true", "yes", "1": true
        case "off", "false", "no", "0": false
        default: nil
        }
    }

    /// PostgreSQL's units (guc.c), the smaller ones in which they are counted.
    private static let units: [(name: String, factor: Double)] = [
        ("B", 1), ("kB", 1024), ("8kB", 8192), ("MB", 1_048_576), ("GB", 1_073_741_824), ("TB", 1_099_511_627_776),
        ("us", 0.001), ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// A number in the parameter's own unit; nil for anything else.
    private static func number(_ text: String, in unit: String) -> Double? {
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
        guard let number = Double(digits) else { return nil }
        let given = text.dropFirst(digits.count).filter { $0 != " " }
        if given.isEmpty { return number }
        guard let from = units.first(where: { $0.name == given })?.factor,
            let own = units.first(where: { $0.name == unit })?.factor
        else { return nil }
        return number * from / own
    }
}

extension LiveWorld {
    /// What of the wanted parameters the nodes do not run with yet, in words. Patroni brings a change of its configuration to
    /// each node in its own time: a node that has not read it yet says nothing of a restart that will be due.
    public func settingsNotInForce(_ cluster: Cluster, wanted: [PostgresSettings.Parameter]) async -> [String] {
        var words: [String] = []
        for node in cluster.nodeNames {
            do {
                let seen = try await settings(wanted.map(\.name), on: node, of: cluster)
                words += wanted.compactMap { parameter in
                    guard let shown = seen.first(where: { $0.name.lowercased() == parameter.name.lowercased() }),
                        !shown.isSame(as: parameter.value)
                    else { return nil }
                    let unit = shown.unit.map { " (in \($0))" } ?? ""
                    return "\(parameter.name) \(parameter.value) on \(node), which runs with \(shown.setting)\(unit)"
                }
            } catch {
                words.append("\(node) to say which parameters it runs with: \(error)")
            }
        }
        return words
    }

    /// What a session, a role, a database or ALTER SYSTEM sets, and what PostgreSQL writes in a form of its own, says nothing
    /// of the file: to wait for it would be to wait for ever.
    private func settings(_ names: [String], on node: NodeName, of cluster: Cluster) async throws -> [SettingInForce] {
        let inquiry = ServerInquiry(world: self, server: try await server(of: node, cluster))
        return try await inquiry.ask(
            [SettingInForce].self,
            """
            SELECT coalesce(json_agg(json_build_object('name', name, 'setting', setting, 'unit', unit, 'type', vartype)),
              '[]')::text AS view FROM pg_catalog.pg_settings
            WHERE pg_catalog.lower(name) = ANY ($1::text[])
              AND coalesce(sourcefile, '') NOT LIKE '%/postgresql.auto.conf' AND source IN ('default', 'configuration file', 'command line',
              'environment variable', 'override') AND NOT (vartype = 'string' AND context NOT IN ('postmaster', 'sighup'))
            """, [PostgresValue(array: names.map { $0.lowercased() })])
    }
}
