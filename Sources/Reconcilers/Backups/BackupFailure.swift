/// What pgBackRest's words about a failure mean to a person.
struct BackupFailure {
    let isFull: Bool

    init(_ words: String) { isFull = words.contains("No space left on device") }

    var reason: String { isFull ? "RepositoryFull" : "Failing" }
    var advice: String {
        isFull ? "Make room: nothing is expired before a newer backup has taken its place. " : ""
    }
}
