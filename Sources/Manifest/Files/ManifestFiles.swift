/// How a manifest's references to other files are followed while it is read.
public struct ManifestFiles: Sendable {
    /// The SQL text of a migration, given its path relative to the manifest.
    public var migration: @Sendable (String) -> Result<String, FileProblem>
    /// Why a password file cannot be used; nil when it can. The secret itself is not kept.
    public var secretProblem: @Sendable (String) -> String?

    /// The text of a file of certificates, given its path relative to the manifest.
    public var authority: @Sendable (String) -> Result<String, FileProblem>

    /// References followed by these functions.
    public init(
        migration: @escaping @Sendable (String) -> Result<String, FileProblem>,
        secretProblem: @escaping @Sendable (String) -> String?,
        authority: @escaping @Sendable (String) -> Result<String, FileProblem>
    ) {
        self.migration = migration
        self.secretProblem = secretProblem
        self.authority = authority
    }

    /// References into a directory, and secrets also from the secrets directories.
    public static func below(_ directory: String, secretsDirectory: String? = nil) -> ManifestFiles {
        let secrets = SecretFile(manifestDirectory: directory, secretsDirectory: secretsDirectory)
        return ManifestFiles(
            migration: { path in
                do throws(FileProblem) {
                    let file = try PlainFile(at: path, below: directory, limit: SourceText.sizeLimit)
                    return .success(try sql(file.bytes))
                } catch {
                    return .failure(error)
                }
            },
            secretProblem: { path in
                do throws(FileProblem) {
                    _ = try secrets.read(path)
                    return nil
                } catch {
                    return error.text
                }
            },
            authority: { path in
                do throws(FileProblem) {
                    let file = try PlainFile(at: path, below: directory, limit: SourceText.sizeLimit)
                    return .success(try certificates(file.bytes))
                } catch {
                    return .failure(error)
                }
            })
    }

    private static func certificates(_ bytes: [UInt8]) throws(FileProblem) -> String {
        guard let text = String(validating: bytes, as: UTF8.self), text.contains("-----BEGIN CERTIFICATE-----") else {
            throw FileProblem("holds no certificate in PEM form")
        }
        guard !text.contains("PRIVATE KEY") else {
            throw FileProblem("contains a private key, which is not needed here")
        }
        return text
    }

    private static func sql(_ bytes: [UInt8]) throws(FileProblem) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FileProblem("is not valid UTF-8") }
        guard !bytes.contains(0) else { throw FileProblem("holds a zero byte") }
        guard text.contains(where: { !$0.isWhitespace }) else { throw FileProblem("is empty") }
        return text
    }
}
