internal import Model

extension Shape<Recovery?> {
    /// `spec.bootstrap`.
    static let bootstrap: Shape<Recovery?> = {
        var shape = section
        shape.write = { $0 == nil ? nil : section.write($0) }
        return shape
    }()

    private static let section = Shape<Recovery?>.section(
        [
            Rule(
                "recovery", \.self, Shape<Recovery>.recovery.optional(Recovery()),
                "A backup to create the cluster from, instead of an empty database. Matters only before the cluster exists."
            )
        ], defaults: nil, later: ["initdb", "import", "clone"])
}

extension Shape<Recovery> {
    fileprivate static let recovery = section(
        [
            Rule(
                "from", \.source, Shape<RecoverySource>.source.optional(empty), isRequired: true,
                "The repository to restore from."),
            Rule(
                "backup", \.backup, Shape<String>.backupLabel.optional(""),
                "The backup to start from; without it the newest before the target."),
            Rule(
                "time", \.target, .target("time", "a moment with its zone, \"2026-11-23 10:00:00+01\""),
                "Up to a moment; what was committed later is not there."),
            Rule("lsn", \.target, .target("lsn", "a WAL position, \"0/3000060\""), "Up to a WAL position."),
            Rule("xid", \.target, .target("xid", "a transaction ID"), "Up to and with a transaction."),
            Rule(
                "name", \.target, .target("name", "the name of a restore point"),
                "Up to a restore point that pg_create_restore_point made."),
            Rule("immediate", \.target, .immediate, "Only as far as the backup needs to be consistent."),
        ], defaults: Recovery(source: empty))

    private static let empty = RecoverySource(volume: nil, stanza: "")
}

extension Shape<RecoverySource> {
    fileprivate static let source = section(
        [
            Rule(
                "volume", \.volume, Shape<VolumeName>.name(.volume).optional(""),
                "The volume the repository lies in; it is only read."),
            Rule(
                "s3", \.s3, Shape<ObjectStore>.objectStore.optional(Shape<ObjectStore>.none),
                "The storage it lies in, where that is no volume."),
            Rule("encryption", \.encryption, .encryption, "How it is encrypted."),
            Rule("stanza", \.stanza, .name(.volume), isRequired: true, "The stanza in it."),
        ], defaults: RecoverySource(volume: nil, stanza: ""))
}

extension Shape<RecoveryTarget> {
    /// One way to say up to where; each may be there, and only one.
    fileprivate static func target(_ name: String, _ expected: String) -> Shape {
        Shape(
            schema: .mapping(["type": .text("string")]),
            read: { field, known in
                guard let text = field.text(expected: expected) else { return nil }
                guard let target = RecoveryTarget(field: name, value: text) else {
                    field.reject("is no target of a restore", expected: expected)
                    return nil
                }
                return single(target, beside: known, field)
            },
            write: { $0.field.name == name ? .text($0.field.value) : nil })
    }

    fileprivate static let immediate = Shape(
        schema: .mapping(["type": .text("boolean")]),
        read: { field, known in
            guard let flag = Shape<Bool>.flag.read(field, false) else { return nil }
            return flag ? single(.immediate, beside: known, field) : known
        },
        write: { $0 == .immediate ? .bool(true) : nil })

    private static func single(_ target: RecoveryTarget, beside known: RecoveryTarget, _ field: Field)
        -> RecoveryTarget?
    {
        guard known == .latest else {
            field.reject("is a second target beside \(known.text)", expected: "one target")
            return nil
        }
        return target
    }
}

extension Shape<String> {
    fileprivate static let backupLabel = Shape(
        schema: .mapping(["type": .text("string"), "pattern": .text("^[0-9]{8}-[0-9]{6}F(_[0-9]{8}-[0-9]{6}[DI])?$")]),
        read: { field, _ in
            let expected = "a backup's label, \"20261123-093000F\""
            guard let text = field.text(expected: expected) else { return nil }
            guard text.wholeMatch(of: /[0-9]{8}-[0-9]{6}F(_[0-9]{8}-[0-9]{6}[DI])?/) != nil else {
                field.reject("is no backup's label", expected: expected)
                return nil
            }
            return text
        },
        write: { .text($0) })
}
