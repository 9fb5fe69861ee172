import Model

extension DatabaseObserver {
    /// The histories in the archive, where it is a volume, of timelines that are newer than the primary's: the node
    /// that made them does not lead. Empty where they cannot be seen.
    func strayHistories(newerThan timeline: Int64, _ inquiry: ServerInquiry, body: String) async -> [String] {
        guard cluster.backups.enabled, cluster.backups.s3 == nil else { return [] }
        // pgBackRest's archives of a stanza, `18-1`, one for each version and system identifier; the newest is in use
        let number: (String) -> Int? = { name in
            let parts = name.split(separator: "-")
            return parts.count == 2 && Int(parts[0]) != nil ? Int(parts[1]) : nil
        }
        guard let names = try? await inquiry.part([String]?.self, .archives, [], body: body),
            let newest = names.filter({ number($0) != nil }).max(by: { number($0) ?? 0 < number($1) ?? 0 })
        else { return [] }
        let histories = (try? await inquiry.part([String]?.self, .histories, [newest], body: body)) ?? []
        return histories.filter { name in
            guard name.count == 16, name.hasSuffix(".history"), let own = Int64(name.prefix(8), radix: 16) else {
                return false
            }
            return own > timeline
        }.sorted()
    }
}
