internal import Model

extension Shape<EtcdSettings> {
    /// `spec.etcd`.
    static let etcd = section(
        [
            Rule("members", \.members, .members, "1, 3 or 5 members; 1 tolerates no failure."),
            Rule("namePrefix", \.namePrefix, .name(.prefix), "Containers are this and a number. Cannot change."),
            Rule("image", \.image, .image, "The image."),
            Rule("clientPort", \.clientPort, .port, "Member n publishes its client port on this + n − 1."),
            Rule("publish", \.publish, .flag, "Whether client ports are published on the host at all."),
            Rule("bindAddress", \.bindAddress, .bindAddress, "The address that published ports bind to."),
            Rule(
                "remoteAccess", \.remoteAccess, .flag, "Whether bindAddress may be one that other hosts reach."),
            Rule("memory", \.memory, .bytes(.mebibytes(64) ... .gibibytes(64)), "Memory limit of each member."),
            Rule("autoCompaction", \.autoCompaction, .span(60...86_400), "How much history etcd keeps."),
            Rule(
                "quota", \.quota, .bytes(.mebibytes(16) ... .gibibytes(8)),
                "The size at which etcd takes no more writes."),
        ], defaults: EtcdSettings(), later: ["tls", "auth", "peerPort"])
}

extension Shape<Int> {
    fileprivate static let members = Shape(
        schema: .mapping(["enum": .list([.integer(1), .integer(3), .integer(5)])]),
        read: { field, _ in
            let expected = "1, 3 or 5"
            guard let text = field.wholeDigits(expected: expected) else { return nil }
            switch Int(text) {
            case 1: return 1
            case 3: return 3
            case 5: return 5
            case 2:
                field.reject("2 members tolerate no failure, like one, and twice as many can fail", expected: expected)
            case 4: field.reject("4 members tolerate no more failures than 3", expected: expected)
            case .some, .none: field.reject("is no number of members", expected: expected)
            }
            return nil
        },
        write: { .integer($0) })
}
