internal import Model

extension Shape<AccountSettings> {
    /// `spec.database`.
    static let accounts = section(
        [
            Rule("name", \.database, .name(.database), "The application's database. Cannot change."),
            Rule("admin", \.admin, .account, "Owner of the application's objects, no superuser."),
            Rule("replication", \.replication, .account, "Streams WAL."),
            Rule("rewind", \.rewind, .account, "Runs pg_rewind."),
        ], defaults: AccountSettings())
}

extension Rule<Account> {
    /// What an account says about itself.
    static let accountFields = [
        Rule("user", \.role, .name(.role), "The role's name. Cannot change."),
        Rule(
            "passwordFile", \.passwordFile, Shape<String>.passwordFile.optional(""),
            "A file that holds the password; without it a password is generated."),
    ]
}

extension Shape<Account> {
    fileprivate static let account = section(Rule<Account>.accountFields, defaults: Account(role: ""))
}
