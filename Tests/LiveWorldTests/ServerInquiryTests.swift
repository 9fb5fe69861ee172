import Model
import PostgresClient
import Testing

@testable import LiveWorld

@Suite("As which role the controller looks")
struct ServerInquiryTests {
    @Test(
        "the superuser looks where the monitor is refused, but only into the database postgres, or where no connection is left",
        arguments: [
            // no such role, not permitted to log in
            ("28000", true, false), ("28P01", true, false),
            // no CONNECT, no membership, no EXECUTE; the function is gone; a trigger at login raises
            ("42501", true, false), ("42883", true, false), ("P0001", true, false),
            // too many connections: of all, of the database, of the role
            ("53300", true, true),
            // the server starts or stops, for every role
            ("57P03", false, false), ("57P01", false, false),
        ] as [(String, Bool, Bool)])
    func refusals(_ sqlstate: String, _ inPostgres: Bool, _ inOther: Bool) {
        let code: PostgresError.Code = sqlstate.hasPrefix("28") ? .authentication : .server(sqlstate: sqlstate)
        let error = PostgresError(code, host: "n:5432", message: "no", sqlstate: sqlstate)
        #expect(ServerInquiry.superuserLooks(in: "postgres", after: error) == inPostgres)
        #expect(ServerInquiry.superuserLooks(in: "app", after: error) == inOther)
    }

    @Test("a server that asks the monitor for a password refuses it; one that is not reached is asked by no role")
    func withoutAnswer() {
        let asks = PostgresError(.authentication, host: "n:5432", message: "fe_sendauth: no password supplied")
        #expect(ServerInquiry.superuserLooks(in: "postgres", after: asks))
        #expect(!ServerInquiry.superuserLooks(in: "app", after: asks))
        for code in [PostgresError.Code.refused, .timedOut, .connectionLost, .closed, .cancelled] {
            let error = PostgresError(code, host: "n:5432", message: "no")
            #expect(!ServerInquiry.superuserLooks(in: "postgres", after: error))
        }
    }
}
