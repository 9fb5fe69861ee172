internal import Model

extension Shape<MonitoringSettings> {
    /// `spec.monitoring`.
    static let monitoring = section(
        [
            Rule("enabled", \.enabled, .flag, "Whether the controller serves metrics and its state over HTTP."),
            Rule("port", \.port, .port, "The port."),
            Rule("bindAddress", \.bindAddress, .bindAddress, "The address that the port binds to."),
            Rule(
                "remoteAccess", \.remoteAccess, .flag, "Whether bindAddress may be one that other hosts reach."),
            Rule(
                "tls", \.tls, .flag,
                "Whether it speaks TLS, with a certificate of the cluster's authority (`controller certificates ca`)."),
            Rule(
                "tokenFile", \.tokenFile, Shape<String>.passwordFile.optional(""),
                "A file that holds the bearer token which requests for metrics have to carry; without it they need none."
            ),
            Rule(
                "hosts", \.hosts, Shape<String>.host.list(upTo: 50, empty: "", unique: { $0 }),
                "Host names by which it is called. localhost, addresses and the supervisor's name are known."),
            Rule("page", \.page, .flag, "Whether there is a page for people, at the same port."),
            Rule(
                "queries", \.queries,
                Shape<MetricQuery>.metricQuery.list(
                    upTo: 50, empty: MetricQuery("", "", []), unique: { $0.name }),
                "Metrics of your own: SQL that runs as \(MonitorSettings.role)."),
            Rule("prometheus", \.prometheus, .prometheus, "A Prometheus of the cluster's own, with the alert rules."),
        ], defaults: MonitoringSettings())
}

extension Shape<PrometheusSettings> {
    /// `spec.monitoring.prometheus`.
    static let prometheus = section(
        [
            Rule("enabled", \.enabled, .flag, "Whether it runs. The controller has to run as a container then."),
            Rule("image", \.image, .image, "The image."),
            Rule("name", \.name, .name(.label), "The container's name."),
            Rule("port", \.port, .port, "The published port."),
            Rule("bindAddress", \.bindAddress, .bindAddress, "The address that the port binds to."),
            Rule(
                "remoteAccess", \.remoteAccess, .flag,
                "Whether bindAddress may be one that other hosts reach. Prometheus asks for no password and speaks no TLS."
            ),
            Rule("retention", \.retention, .span(3600...31_536_000), "How long it keeps samples."),
            Rule("memory", \.memory, .bytes(.mebibytes(128) ... .gibibytes(64)), "Memory limit."),
        ], defaults: PrometheusSettings())
}

extension Shape<MetricQuery> {
    /// An entry of `spec.monitoring.queries`.
    static let metricQuery = section(
        [
            Rule("name", \.name, .name(.metric), isRequired: true, "The first part of the metrics' names."),
            Rule("query", \.sql, .statement, isRequired: true, "One statement; it may take one second."),
            Rule(
                "database", \.database, Shape<DatabaseName>.name(.database).optional(""),
                "The database that is asked; without it the application's."),
            Rule("nodes", \.target, .choice(), "The nodes that are asked: all, primary or replicas."),
            Rule(
                "every", \.interval, Shape<Duration>.span(1...86_400).optional(.zero),
                "For how long an answer is good; without it each scrape asks again."),
            Rule(
                "columns", \.columns,
                Shape<MetricColumn>.metricColumn.list(
                    upTo: 50, empty: MetricColumn("", .gauge), unique: { $0.name }), isRequired: true,
                "What each column of the answer is."),
        ], defaults: MetricQuery("", "", []))
}

extension Shape<MetricColumn> {
    /// An entry of `spec.monitoring.queries[].columns`.
    static let metricColumn = section(
        [
            Rule(
                "name", \.name, .name(.metric), isRequired: true,
                "The column's name, and the second part of the metric's name."),
            Rule(
                "usage", \.usage, .choice(), isRequired: true,
                "label tells series apart; gauge, counter and untyped are values; discard ignores the column."),
            Rule("description", \.help, .line, "What the metric says."),
        ], defaults: MetricColumn("", .gauge))
}

extension Naming {
    /// A part of a metric's name.
    static let metric = Naming(
        kind: "part of a metric's name", rule: "lower-case letters, digits and _, a letter first, at most 60 bytes",
        pattern: "^[a-z][a-z0-9_]{0,59}$", lengthLimit: 60, reserved: ["node"],
        first: { (0x61...0x7A).contains($0) },
        following: { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F })
}

extension Shape<String> {
    /// One line of text for people.
    fileprivate static let line = Shape(
        schema: .mapping(["type": .text("string"), "maxLength": .integer(200)]),
        read: { field, _ in
            let expected = "one line of at most 200 characters"
            guard let text = field.text(expected: expected) else { return nil }
            guard text.count <= 200, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
                field.reject("is longer, or has control characters", expected: expected)
                return nil
            }
            return text
        },
        write: { .text($0) })

    /// One SQL statement.
    fileprivate static let statement = Shape(
        schema: .mapping(["type": .text("string"), "maxLength": .integer(10_000)]),
        read: { field, _ in
            let expected = "one SQL statement on one line, without a semicolon behind it"
            guard let text = field.text(expected: expected) else { return nil }
            guard !text.isEmpty, text.utf8.count <= 10_000, !text.utf8.contains(0) else {
                field.reject("is empty, or longer than 10000 bytes", expected: expected)
                return nil
            }
            return text
        },
        write: { .text($0) })
}
