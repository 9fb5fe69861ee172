internal import Model

extension Shape<BackupSettings> {
    /// `spec.backups`.
    static let backups = section(
        [
            Rule("enabled", \.enabled, .flag, "Whether there is archiving and backup at all."),
            Rule(
                "stanza", \.stanza, .name(.volume),
                "pgBackRest's name for this cluster. Another name begins anew: the old backups stay and are not used."),
            Rule("volume", \.volume, .name(.volume), "The repository's volume, shared by all nodes. Cannot change."),
            Rule(
                "s3", \.s3, Shape<ObjectStore>.objectStore.optional(Shape<ObjectStore>.none),
                "S3-compatible storage that the repository lies in, instead of the volume."),
            Rule("encryption", \.encryption, .encryption, "How the repository is encrypted."),
            Rule("retention", \.self, .retention, "What is kept."),
            Rule("schedules", \.schedules, .schedules, "When backups, verifications and restore drills are due."),
            Rule("processes", \.processes, .whole(1...64), "How many processes compress and copy."),
            Rule("compression", \.compression, .choice(["zst": "zstd"]), "How backups and WAL are compressed."),
            Rule("asynchronousArchiving", \.asynchronousArchiving, .flag, "Whether WAL is archived in batches."),
        ], defaults: BackupSettings(),
        later: ["schedule", "restore", "repositories"])

    private static let retention = section(
        [
            Rule("full", \.retainFull, .whole(1...9999), "Full backups to keep, or days of them."),
            Rule(
                "incremental", \.retainIncremental, .whole(1...9999),
                "Differential backups to keep, with the incremental ones that hang on them."),
            Rule("unit", \.retention, .choice(), "Whether full counts backups (count) or days (time)."),
        ], defaults: BackupSettings())
}
