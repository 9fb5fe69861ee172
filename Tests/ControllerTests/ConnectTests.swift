import ArgumentParser
import Testing

@testable import Controller

@Suite("A session of psql")
struct ConnectTests {
    private static let status = """
        {"nodes": [
          {"name": "pg-1", "role": "replica", "state": "not streaming", "endpoint": "127.0.0.1:5432", "new": 1},
          {"name": "pg-2", "role": "primary", "state": "running", "endpoint": "127.0.0.1:5433"},
          {"name": "pg-3", "role": "replica", "state": "streaming", "endpoint": "127.0.0.1:5434"}],
         "endpoints": [{"name": "any-primary", "url": "postgresql://admin@127.0.0.1:5432,127.0.0.1:5433/shop?a=b"}]}
        """

    private func call(_ user: String = "admin", _ arguments: [String] = [], isTerminal: Bool = false) throws -> PsqlCall
    {
        let target = try ConnectTarget(json: Self.status)
        return PsqlCall(
            node: try target.node(named: nil, isReplica: false), user: user, database: target.database,
            arguments: arguments, isTerminal: isTerminal)
    }

    @Test("goes to the primary, to a replica that streams, or to the node that is named")
    func nodes() throws {
        let target = try ConnectTarget(json: Self.status)
        #expect(target.user == "admin")
        #expect(target.database == "shop")
        #expect(try target.node(named: nil, isReplica: false).name == "pg-2")
        #expect(try target.node(named: nil, isReplica: true).name == "pg-3")
        #expect(try target.node(named: "pg-1", isReplica: false).name == "pg-1")
        do {
            _ = try target.node(named: "pg-9", isReplica: false)
            Issue.record("a node that there is not")
        } catch {
            #expect(error.code == .badInput)
        }
        #expect(throws: Failure.self) { try ConnectTarget(json: "{}") }
    }

    @Test("psql of this machine gets the port, and no password in its arguments")
    func host() throws {
        let call = try call("ad:min", ["-c", "SELECT 1"])
        #expect(
            call.onHost == [
                "psql", "-h", "127.0.0.1", "-p", "5433", "-U", "ad:min", "-d", "shop", "-c", "SELECT 1",
            ])
        #expect(call.passwordLine(#"a:b\c"#) == #"*:5433:*:ad\:min:a\:b\\c"# + "\n")
    }

    @Test("psql of the container goes through the socket, and sets the role where it is another one")
    func container() throws {
        #expect(
            try call("my app", isTerminal: true).inContainer == [
                "docker", "exec", "-i", "-t", "-e", #"PGOPTIONS=-c role=my\ app"#, "-u", "postgres", "pg-2",
                "psql", "-h", "/var/run/postgresql", "-U", "postgres", "-d", "shop",
            ])
        let pipe = try call("postgres").inContainer
        #expect(!pipe.contains("-t") && !pipe.contains("-e"))
        #expect(try call("a", ["-c", "SELECT 1"]).needsNoInput)
        #expect(try !call("a", ["-x"]).needsNoInput)
    }

    @Test("takes arguments of psql after --, and either a replica or a node")
    func arguments() throws {
        let command = try Connect.parse(["--replica", "-U", "app", "--", "-c", "SELECT 1"])
        #expect(command.replica && command.user == "app" && command.arguments == ["-c", "SELECT 1"])
        #expect(throws: (any Error).self) { try Connect.parse(["--replica", "--node", "pg-1"]) }
    }
}
