import Glibc

/// What the exit status says to a script.
enum ExitCodes: Int32 {
    /// It worked.
    case success = 0
    /// It did not work.
    case failure = 1
    /// The input is wrong; nothing was touched.
    case badInput = 2
    /// Another controller acts for this cluster.
    case standby = 3
    /// It has not converged in the given time.
    case notConverged = 4
    /// Somebody has paused the cluster; nothing was asked for.
    case paused = 5
    /// Secrets of the cluster are not where they should be; nothing was made in their place.
    case secretsLost = 6
    /// The supervisor container that would do it does not run.
    case supervisorStopped = 7
}

/// An error that ends the program with a message for a person.
struct Failure: Error {
    let code: ExitCodes
    let message: String

    init(_ code: ExitCodes, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ message: String) { self.init(.failure, message) }
}

/// Ends the process.
enum Exit {
    static func now(_ code: ExitCodes) -> Never { raw(code.rawValue) }
    static func raw(_ code: Int32) -> Never { Glibc.exit(code) }
}
