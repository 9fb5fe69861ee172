internal import Model

extension Shape<DeclaredRole> {
    /// An entry of `spec.roles`.
    static let declaredRole = section(
        [
            Rule("name", \.name, .name(.role), isRequired: true, "The role's name."),
            Rule(
                "ensure", \.ensure, .choice(),
                "present makes it and keeps it so; absent drops it once it owns nothing and is not connected."),
            Rule("login", \.login, .flag, "Whether it may log in; then it has a password."),
            Rule(
                "createdb", \.createdb, Shape<Bool>.flag.optional(false),
                "Whether it may create databases; left as it is without this line."),
            Rule(
                "createrole", \.createrole, Shape<Bool>.flag.optional(false),
                "Whether it may create roles; left as it is without this line."),
            Rule(
                "inherit", \.inherit, Shape<Bool>.flag.optional(true),
                "Whether it has the privileges of the roles it is a member of; left as it is without this line."),
            Rule(
                "connectionLimit", \.connectionLimit, Shape<Int>.connectionLimit.optional(-1),
                "How many sessions it may have at once, -1 for any number; left as it is without this line."),
            Rule(
                "validUntil", \.validUntil, Shape<Timestamp>.moment.optional(Timestamp(seconds: 0)),
                "Until when its password is good; left as it is without this line."),
            Rule(
                "memberOf", \.memberOf,
                Shape<RoleName>.name(.group).list(upTo: 64, empty: "", unique: { $0.text }).optional([]),
                "The roles it is a member of: declared ones, the admin role, or PostgreSQL's own such as pg_monitor. "
                    + "Left as they are without this line."),
            Rule(
                "passwordFile", \.passwordFile, Shape<String>.passwordFile.optional(""),
                "A file that holds the password; without it a password is generated."),
        ], defaults: DeclaredRole(name: ""))
}

extension Shape<Int> {
    /// PostgreSQL's CONNECTION LIMIT.
    static let connectionLimit = whole(-1...10_000, note: "-1 for any number")
}

extension Shape<Timestamp> {
    /// A moment with its zone.
    static let moment = Shape(
        schema: .mapping(["type": .text("string")]),
        read: { field, _ in
            let expected = "a moment with its zone, \"2027-01-31 10:00:00+01\""
            guard let text = field.text(expected: expected) else { return nil }
            guard let moment = Timestamp(text) else {
                field.reject("is no moment", expected: expected)
                return nil
            }
            return moment
        },
        write: { .text($0.text) })
}
