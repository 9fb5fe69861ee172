internal import Model

extension Shape<DeclaredDatabase> {
    /// An entry of `spec.databases`.
    static let declaredDatabase = section(
        [
            Rule("name", \.name, .name(.database), isRequired: true, "The database's name."),
            Rule(
                "ensure", \.ensure, .choice(),
                "present makes it and keeps it so; absent drops it, with everything in it, once a backup has it and "
                    + "there is no connection to it."),
            Rule(
                "owner", \.owner, Shape<RoleName>.name(.role).optional(""),
                "Its owner, a declared role or the admin role. Without this line it stays whose it is, and a new one is "
                    + "the admin role's."),
            Rule(
                "connectionLimit", \.connectionLimit, Shape<Int>.connectionLimit.optional(-1),
                "How many sessions it may have at once, -1 for any number; left as it is without this line."),
            Rule("extensions", \.extensions, .extensions, "Extensions that must exist in it, in its schema public."),
        ], defaults: DeclaredDatabase(name: ""))
}
