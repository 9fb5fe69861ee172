internal import Model

extension Shape<ObjectStore> {
    /// Where a repository lies instead of in a volume: `spec.backups.s3`, and the same of a source.
    static let objectStore = section(
        [
            Rule(
                "bucket", \.bucket, .matching("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket"),
                isRequired: true, "The bucket; it has to exist. Cannot change."),
            Rule(
                "endpoint", \.endpoint, .matching("[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", "a host's name"),
                isRequired: true, "The storage's host, without https:// and port, as its certificate names it."),
            Rule(
                "region", \.region, .matching("[A-Za-z0-9-]{1,40}", "a region"),
                "The region that requests are signed for."),
            Rule("port", \.port, .port, "The storage's port; it has to speak TLS."),
            Rule(
                "uriStyle", \.uriStyle, .choice(),
                "host: https://BUCKET.ENDPOINT; path: https://ENDPOINT/BUCKET, as storage of one's own mostly wants."),
            Rule(
                "folder", \.folder, .matching("(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}){1,8}", "a path like /pgbackrest"),
                "The folder in the bucket. Cannot change."),
            Rule(
                "caFile", \.authority, Shape<ObjectStore.Authority>.authority.optional(.init(path: "", pem: "")),
                "PEM file of the authority that signed the endpoint's certificate; without it, those that Debian trusts."
            ),
            Rule(
                "keyFile", \.keyFile, .passwordFile, isRequired: true,
                "A file that holds the ID of the access key."),
            Rule(
                "keySecretFile", \.keySecretFile, .passwordFile, isRequired: true,
                "A file that holds the secret of the access key."),
        ], defaults: none)

    static let none = ObjectStore(bucket: "", endpoint: "", keyFile: "", keySecretFile: "")
}

extension Shape<RepositoryEncryption> {
    /// How a repository is encrypted.
    static let encryption = section(
        [
            Rule("cipher", \.cipher, .choice(), "none or aes-256-cbc, before anything leaves the node. Cannot change."),
            Rule(
                "passphraseFile", \.passphraseFile, Shape<String>.passwordFile.optional(""),
                "A file that holds the passphrase; without it one is generated (controller password --repository)."),
        ], defaults: RepositoryEncryption())
}

extension Shape<ObjectStore.Authority> {
    /// A file with certificates beside the manifest.
    fileprivate static let authority = Shape(
        schema: .mapping(["type": .text("string"), "minLength": .integer(1)]),
        read: { field, _ in
            let expected = "a PEM file of certificates below the manifest's directory"
            guard let path = field.text(expected: expected) else { return nil }
            switch field.log.files.authority(path) {
            case .success(let pem): return ObjectStore.Authority(path: path, pem: pem)
            case .failure(let problem):
                field.reject(problem.text, expected: expected)
                return nil
            }
        },
        write: { .text($0.path) })
}

extension Shape<String> {
    /// A text of a certain form, which needs no quotes wherever it ends up.
    fileprivate static func matching(_ pattern: String, _ expected: String) -> Shape {
        Shape(
            schema: .mapping(["type": .text("string"), "pattern": .text("^\(pattern)$")]),
            read: { field, _ in
                guard let text = field.text(expected: expected) else { return nil }
                guard let form = try? Regex(pattern), (try? form.wholeMatch(in: text)) != nil else {
                    field.reject("is no \(expected.drop { $0 != " " }.dropFirst())", expected: expected)
                    return nil
                }
                return text
            },
            write: { .text($0) })
    }
}
