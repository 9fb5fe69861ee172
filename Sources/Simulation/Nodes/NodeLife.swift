package import Model

/// How a node's processes start and end, and how their work finishes.
extension Universe {
    /// Starts Patroni in a container.
    mutating func startNode(_ index: Int) {
        let container = engine.containers[index]
        guard let file = container.files.first(where: { $0.path.hasSuffix("patroni.yml") }) else {
            return fail(index, "Patroni has no configuration")
        }
        if container.image == .broken { return fail(index, "the image does not start") }
        var node = NodeProcess(
            name: NodeName(container.home), now: now, awakeAt: now + draw(1300...1900))
        node.read(file)
        node.usesTLS = file.content.filled { $0.text }.contains("\n  protocol: https\n")
        engine.containers[index].node = node
        readIdentity(index)
    }

    /// The tags in a `patroni.yml`.
    static func tags(in file: PlacedFile) -> [LabelValue] {
        let lines = file.content.filled { $0.text }.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "tags:") else { return [] }
        return lines[(start + 1)...].prefix { $0.hasPrefix("  ") }.compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            return LabelValue(
                String(parts[0].drop { $0 == " " }), String(parts[1].filter { $0 != " " && $0 != "\"" }))
        }
    }

    /// The PostgreSQL parameters in a `patroni.yml`.
    static func parameters(in file: PlacedFile) -> JSONValue {
        let lines = file.content.filled { $0.text }.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "  parameters:") else { return .members([]) }
        return .members(
            lines[(start + 1)...].prefix { $0.hasPrefix("    ") }.compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = JSONText.value(of: line[line.index(after: colon)...].drop { $0 == " " })
                return value.map { JSONValue.Member(String(line[..<colon].drop { $0 == " " }), $0) }
            })
    }

    /// Whether a member's key shows a tag.
    func shows(_ tag: String, _ node: NodeName) -> Bool {
        guard case .member(let member)? = store?.key(prefix + "members/" + node.text)?.value else { return false }
        return member.tags.value(of: tag) == "true"
    }

    /// The configuration a first cluster is created with, from the node's file.
    func bootstrapConfiguration(of index: Int) -> JSONValue {
        for file in engine.containers[index].files where file.path.hasSuffix("patroni.yml") {
            let text = file.content.filled { $0.text }
            let line = text.split(separator: "\n").first { $0.hasPrefix("  dcs: ") }
            if let line, let value = JSONText.value(of: line.dropFirst(7)) { return value }
        }
        return .object([("loop_wait", .integer(10)), ("retry_timeout", .integer(10)), ("ttl", .integer(30))])
    }

    /// The locale that a first cluster is created with, from the node's file.
    func bootstrapLocale(of index: Int) -> String? {
        let file = engine.containers[index].files.first { $0.path.hasSuffix("patroni.yml") }
        let lines = file?.content.filled { $0.text }.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix("  - builtin-locale: ") }
        return line.map { $0.dropFirst(20).filter { $0 != "\"" } }
    }

    /// What a node's death does to its data.
    mutating func nodeDied(_ index: Int) {
        guard let node = engine.containers[index].node else { return }
        switch node.job {
        case .initializing, .cloning, .rewinding:
            // the directory stays as it was cut off; a rewind that is cut off leaves one that cannot start either
            break
        case .starting, .promoting, .demoting, .restarting, .handingOver, nil: break
        }
        withDirectory(of: index) { directory in
            directory.wasPrimary = node.server == .primary || node.server == .stopped && directory.wasPrimary
        }
    }

    /// An orderly end: PostgreSQL is stopped first, so that the standbys have all of its WAL, then the key goes.
    mutating func shutDown(_ index: Int) {
        guard let node = engine.containers[index].node, node.job != .initializing else { return }
        if node.server == .primary { shipWAL(from: index) }
        withDirectory(of: index) { $0.isClean = true }
        engine.containers[index].node?.server = .stopped
        guard storeReachable(from: index), !node.isPaused, let lease = node.lease else { return }
        let led = store?.key(prefix + "leader")?.value == .text(node.name.text)
        store?.revoke(lease)
        if led {
            store?.delete(prefix + "leader")
            leaderKeyGone()
        }
        withDirectory(of: index) { $0.wasPrimary = node.server == .primary }
    }

    /// Changes a node's data directory, when it has one.
    mutating func withDirectory(of index: Int, _ change: (inout DataDirectory) -> Void) {
        guard let volume = engine.containers[index].dataVolume, let place = engine.index(of: volume),
            case .postgres(var directory) = engine.volumes[place].content
        else { return }
        engine.volumes[place].content = .empty
        change(&directory)
        engine.volumes[place].content = .postgres(directory)
    }

    /// A node's data directory.
    package func directory(of index: Int) -> DataDirectory? {
        engine.content(of: engine.containers[index].dataVolume)?.directory
    }

    /// Replaces what a node's volume holds.
    mutating func setContent(of index: Int, _ content: VolumeContent) {
        guard let volume = engine.containers[index].dataVolume, let place = engine.index(of: volume) else { return }
        engine.volumes[place].content = content
    }

    /// The place of a node whose container lives.
    package func index(of node: NodeName) -> Int? { engine.living(node.text, .node) }

    /// Whether a node answers others over the network.
    func isReachable(_ index: Int) -> Bool {
        engine.containers[index].state.isRunning && isConnected(engine.containers[index])
    }

    /// Whether a container reaches etcd.
    func storeReachable(from index: Int) -> Bool {
        store?.isAvailable == true && isReachable(index) && isUnderstood(index)
    }

    /// Everybody who watches the leader key runs the HA loop soon.
    mutating func leaderKeyGone() {
        for index in engine.containers.indices {
            guard let node = engine.containers[index].node, !node.isHung, isReachable(index) else { continue }
            let soon = now + draw(40...250)
            engine.containers[index].node?.nextLoop = min(node.nextLoop, soon)
        }
    }
}
