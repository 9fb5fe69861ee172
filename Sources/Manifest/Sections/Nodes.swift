internal import Model

extension Shape<NodeSettings> {
    /// `spec.nodes`.
    static let nodes = section(
        [
            Rule("count", \.count, .whole(1...9), "How many nodes; one of them is the primary."),
            Rule("namePrefix", \.namePrefix, .name(.prefix), "Containers are this and a number. Cannot change."),
            Rule("image", \.image, .image, "The image with PostgreSQL, pgvector, Patroni and pgBackRest."),
            Rule("postgresPort", \.postgresPort, .port, "Node n publishes PostgreSQL on this + n − 1."),
            Rule("patroniPort", \.patroniPort, .port, "Node n publishes Patroni's REST API on this + n − 1."),
            Rule("bindAddress", \.bindAddress, .bindAddress, "The address that PostgreSQL's published ports bind to."),
            Rule(
                "patroniBindAddress", \.patroniBindAddress, .bindAddress,
                "The address that the published ports of Patroni's REST API bind to."),
            Rule(
                "patroniRemoteAccess", \.patroniRemoteAccess, .flag,
                "Whether patroniBindAddress may be one that other hosts reach."),
            Rule("memory", \.memory, .bytes(.mebibytes(256) ... .gibibytes(4096)), "Memory limit of each node."),
            Rule("cpus", \.milliCPUs, .processors, "Processors of each node; without it no limit."),
            Rule(
                "sharedMemory", \.sharedMemory, .bytes(.mebibytes(64) ... .gibibytes(4096)),
                "/dev/shm, by default 1GiB or all memory; Docker's 64MiB breaks parallel vector index builds."),
            Rule(
                "stopTimeout", \.stopTimeout, .span(1...3600), "How long an orderly stop may take before Docker kills."),
            Rule(
                "cloneRate", \.cloneRate,
                Shape<ByteCount>.bytes(.mebibytes(1) ... .mebibytes(1024)).optional(.mebibytes(1)),
                "The most that a new replica copies from the primary in a second; without it no limit."),
            Rule(
                "maintenance", \.maintenance,
                Shape<NodeName>.name(.label).list(upTo: 9, empty: NodeName(""), unique: { $0.text }),
                "Nodes whose containers are left alone; the rest goes on."),
            Rule("tags", \.tags, .tags, "What nodes are kept from, by their names."),
        ], defaults: NodeSettings(), later: ["placement", "replicateFrom"])
}

extension Shape<[NodeTags]> {
    /// `spec.nodes.tags`: a node's name, and what it is kept from.
    fileprivate static let tags = Shape(
        schema: .mapping(["type": .text("object"), "additionalProperties": one.schema]),
        read: { field, _ in
            field.entries()?.compactMap { entry in
                one.read(field.child(entry), NodeTags(NodeName(entry.key)))
            }.sorted { $0.node < $1.node }
        },
        write: { .mapping($0.compactMap { tags in one.write(tags).map { (key: tags.node.text, value: $0) } }) })

    private static let one = Shape<NodeTags>.section(
        [
            Rule("nofailover", \.nofailover, .flag, "It never leads."),
            Rule("nosync", \.nosync, .flag, "No commit waits for it."),
            Rule(
                "noloadbalance", \.noloadbalance, .flag,
                "The poolers' read-only addresses leave it out as long as another one streams."),
        ], defaults: NodeTags(""))
}
