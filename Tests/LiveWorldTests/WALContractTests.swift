import DockerAPI
import Model
import TestSupport
import Testing

@testable import LiveWorld

/// What is read from a stopped server's files, against what the server itself said before it was killed.
@Suite("The end of WAL of a real PostgreSQL")
struct WALContractTests {
    @Test("is found after a kill, over segments and over a promotion that no checkpoint has followed")
    func agrees() async throws {
        try await ContainerFixture.with { fixture in try await compare(in: fixture) }
    }

    private func compare(in fixture: ContainerFixture) async throws {
        let directory = "/var/lib/postgresql/data"
        let script =
            "[ -e \(directory)/PG_VERSION ] || initdb -D \(directory) -U postgres --auth=trust; "
            + "exec postgres -D \(directory) -c checkpoint_timeout=1d -c autovacuum=off"
        let name = try await fixture.start(
            "wal", image: "pg-controller/postgres:18", options: ["--entrypoint", "bash"], command: ["-c", script])
        func sql(_ statement: String) async throws -> String {
            try await Shell.run(["docker", "exec", name, "psql", "-XAtqU", "postgres", "-c", statement])
        }
        func position() async throws -> Int64 {
            Int64(try await sql("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn")) ?? 0
        }
        _ = try await eventually("PostgreSQL answers") { try await sql("select 1") }
        _ = try await sql("create table t (n int, words text); checkpoint")
        let engine = try DockerEngine(address: "unix:///var/run/docker.sock")
        for round in 1...4 {
            // a few segments more than at the last checkpoint
            _ = try await sql("insert into t select n, repeat('x', 400) from generate_series(1, \(round * 30000)) n")
            if round == 2 { _ = try await sql("select pg_switch_wal(); insert into t values (1, 'after the switch')") }
            let told = try await position()
            try await Shell.run(["docker", "kill", name])
            #expect(try await measure(name, engine) == Place(timeline: round == 4 ? 2 : 1, position: told))
            if round == 3 {
                try await Shell.run(["docker", "cp", "/dev/null", "\(name):\(directory)/standby.signal"])
            }
            try await Shell.run(["docker", "start", name])
            _ = try await eventually("PostgreSQL answers again") { try await sql("select 1") }
            if round == 3 { #expect(try await sql("select pg_promote()") == "t") }
        }
    }

    private struct Place: Equatable {
        var timeline: Int64
        var position: Int64
    }

    private func measure(_ name: String, _ engine: DockerEngine) async throws -> Place {
        let id = ContainerID(try await Shell.run(["docker", "inspect", "-f", "{{.Id}}", name]))
        let path = LiveWorld.dataMount + "/data/global/pg_control"
        let control = try #require(try await engine.file(path, in: id))
        let known = try #require(ControlFile.parse(control, majorVersion: 18))
        let exact = try await WALFiles(docker: engine, container: id).measure(known)
        #expect(known.walPosition < exact.walPosition)
        return Place(timeline: exact.timeline, position: exact.walPosition)
    }
}
