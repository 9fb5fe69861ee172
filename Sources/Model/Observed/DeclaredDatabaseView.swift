/// A declared database as seen.
public struct DeclaredDatabaseView: Sendable, Hashable {
    /// Its name.
    public var name: DatabaseName
    /// Its owner.
    public var owner: RoleName
    /// How many sessions it may have; -1 for any number.
    public var connectionLimit: Int
    /// Who is connected and what else holds on to it, in words, sorted; the controller's own sessions are left out.
    public var sessions: [String]
    /// The wanted extensions, sorted by name; absent where none is wanted.
    public var extensions: Sighting<[ExtensionView]>

    /// A database.
    public init(name: DatabaseName, owner: RoleName, connectionLimit: Int = -1, sessions: [String] = []) {
        self.name = name
        self.owner = owner
        self.connectionLimit = connectionLimit
        self.sessions = sessions
        extensions = .absent
    }
}
