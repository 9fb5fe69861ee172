import PostgresClient
import Testing

struct PostgresErrorTests {
    private let refusal = "Connection refused"

    private func reading(_ text: String, needsPassword: Bool = false) -> PostgresError {
        .connecting(to: "db:5432", said: text, needsPassword: needsPassword, refusal: refusal)
    }

    @Test("a refused login is an authentication error with its SQLSTATE")
    func login() {
        let error = reading(
            """
            connection to server at "10.0.0.2", port 5432 failed: FATAL:  28P01: password authentication failed for \
            user "x"
            LOCATION:  auth_failed, auth.c:321
            """)
        #expect(error.code == .authentication)
        #expect(error.sqlstate == "28P01")
        #expect(!error.message.contains("LOCATION"))
    }

    @Test("a server that starts up is a server error, and no missing server")
    func startingUp() {
        let error = reading(
            #"connection to server at "db" (10.0.0.2), port 5432 failed: FATAL:  57P03: the database system is starting up"#
        )
        #expect(error.code == .server(sqlstate: "57P03"))
    }

    @Test("a refused connection is told from one that fails otherwise")
    func refused() {
        let prefix = #"connection to server at "10.0.0.2", port 5432 failed: "#
        #expect(reading(prefix + "Connection refused\n\tIs the server running?").code == .refused)
        #expect(reading(prefix + "No route to host").code == .couldNotConnect)
        #expect(reading(prefix + "fe_sendauth: no password supplied", needsPassword: true).code == .authentication)
    }

    @Test("no description of a configuration shows the password")
    func secrecy() {
        let configuration = PostgresConfiguration(host: "h", user: "u", password: "hunter2", settings: [:])
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("hunter2"))
    }
}
