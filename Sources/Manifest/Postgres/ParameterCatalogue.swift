/// The parameters that the image's PostgreSQL knows, so that a slip is found before a server refuses to start.
enum ParameterCatalogue {
    /// One parameter.
    struct Entry: Sendable {
        /// What its value may be.
        enum Kind: Sendable {
            case flag
            case text
            case choice([String])
            /// A number in a unit of PostgreSQL's, between two bounds.
            case number(unit: String, least: Double, most: Double, isWhole: Bool)
        }
        var kind: Kind
        /// Whether it is fixed when PostgreSQL is built or initialised.
        var isInternal: Bool
        /// Whether PostgreSQL takes it only at a start.
        var needsRestart: Bool
    }

    /// By name in lower case.
    static let entries: [String: Entry] = {
        var entries: [String: Entry] = [:]
        for line in settings.split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 3 else { continue }
            entries[fields[0].lowercased()] = Entry(
                kind: kind(fields), isInternal: fields[1] == "i", needsRestart: fields[1] == "p")
        }
        return entries
    }()

    private static func kind(_ fields: [String]) -> Entry.Kind {
        switch fields[2] {
        case "b": return .flag
        case "e" where fields.count > 3: return .choice(fields[3].split(separator: ",").map(String.init))
        case "n" where fields.count > 5, "f" where fields.count > 5:
            guard let least = Double(fields[4]), let most = Double(fields[5]) else { return .text }
            return .number(unit: fields[3], least: least, most: most, isWhole: fields[2] == "n")
        default: return .text
        }
    }

    /// Prefixes of the parameters that extensions in the image bring; what follows is theirs to check.
    static let extensionPrefixes = [
        "auth_delay", "auto_explain", "hnsw", "ivfflat", "pg_prewarm", "pg_stat_statements", "pg_trgm", "plpgsql",
        "postgres_fdw",
    ]
}

extension Manifest {
    /// Whether PostgreSQL takes a parameter's new value only at a start; those of extensions never ask for that.
    public static func needsRestart(parameter name: String) -> Bool {
        ParameterCatalogue.entries[name.lowercased()]?.needsRestart ?? false
    }
}
