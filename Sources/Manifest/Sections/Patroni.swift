internal import Model

extension Shape<PatroniSettings> {
    /// `spec.patroni`.
    static let patroni = section(
        [
            Rule("ttl", \.ttl, .span(20...3600), "How long the leader's lease lasts, at least 20s."),
            Rule("loopWait", \.loopWait, .span(1...600), "The pause between two looks."),
            Rule(
                "retryTimeout", \.retryTimeout, .span(3...600),
                "How long etcd and PostgreSQL may fail before it counts."),
            Rule(
                "maximumLagOnFailover", \.maximumLagOnFailover, .bytes(ByteCount(bytes: 1024) ... .gibibytes(1024)),
                "A replica further behind is not promoted in asynchronous mode."),
            Rule(
                "failsafe", \.failsafe, .flag, "The primary stays one while etcd is away and every member answers it."),
        ], defaults: PatroniSettings(), later: ["watchdog"])
}
