import TestSupport
import Testing

/// The programs between PostgreSQL and the archive, with a real PostgreSQL and a real pgBackRest; Patroni's answers are made
/// up.
@Suite("What a node may archive, and may be given")
struct ArchiveProgramTests {
    @Test("depends on who leads, and on which timeline", arguments: ["y", "n"])
    func decides(asynchronous: String) async throws {
        try await ContainerFixture.with { fixture in
            let node = try await fixture.start(
                "archive", image: ClusterFixture.nodeImage, options: ["--entrypoint", "sleep"], command: ["600"])
            try await run(ground(asynchronous), in: node)
            // an unfinished copy of a segment that the archive has whole
            try await expect(45, "push 000000010000000000000001", in: node)
            try await run("printf '1\\t0/5000000\\tx\\n' >pg_wal/00000002.history", in: node)
            let words = try await expect(0, "push 000000010000000000000001", in: node)
            #expect(words.contains("is in the archive already, by the primary of timeline 1"))
            // which is as it was: pgBackRest's names have the content's checksum
            #expect(
                try await run("ls \(archive)/0000000100000000", in: node)
                    == "000000010000000000000001-" + run("cat /tmp/whole", in: node))

            // the history of a new timeline, which nothing takes along
            try await run(": >pg_wal/archive_status/00000002.history.ready", in: node)
            try await answer(leads: false, state: "running", leader: 1, in: node)
            try await expect(0, "push 000000010000000000000001", in: node)
            try await expect(1, "push 000000020000000000000002", in: node)
            #expect(try await run("ls \(archive)", in: node) == "0000000100000000")
            for (leads, state, status) in [(false, "running", 1), (true, "starting", 1), (true, "running", 0)] {
                try await answer(leads: leads, state: state, leader: nil, in: node)
                try await expect(status, "push 00000002.history", in: node)
            }
            // a history that the archive has, for a standby of a leader on timeline 2
            try await run("printf '1\\t0/5000000\\tx\\n2\\t0/6000000\\ty\\n' >\(archive)/00000003.history", in: node)
            try await run("rm pg_wal/00000002.history", in: node)
            try await answer(leads: false, state: "running", leader: 2, in: node)
            try await expect(0, "get 00000002.history", in: node)
            try await expect(1, "get 00000003.history", in: node)
            // whoever is promoted must see it, and so must a standby once the leader has gone past it
            try await answer(leads: true, state: "running", leader: 2, in: node)
            try await expect(0, "get 00000003.history", in: node)
            try await answer(leads: false, state: "running", leader: 4, in: node)
            try await expect(0, "get 00000003.history", in: node)
            // where nobody leads, or Patroni is silent, it has its own
            try await answer(leads: false, state: "running", leader: nil, in: node)
            try await expect(1, "get 00000002.history", in: node)
            try await run("kill $(cat /tmp/rest.pid)", in: node)
            try await expect(1, "get 00000002.history", in: node)
            try await expect(1, "push 00000002.history", in: node)
        }
    }

    private let archive = "/var/lib/pgbackrest/archive/main/18-1"

    /// A server that archives by hand, one archived segment of which it holds another copy.
    private func ground(_ asynchronous: String) -> String {
        """
        initdb -D . -U postgres -A trust --no-sync >/dev/null
        printf "archive_mode=on\\narchive_command='/bin/false'\\nlisten_addresses=''\\nfsync=off\\n" >>postgresql.conf
        cat >/etc/controller/pgbackrest.conf <<END
        [global]
        repo1-path=/var/lib/pgbackrest
        spool-path=/var/spool/pgbackrest
        log-level-file=off
        compress-type=none
        [global:archive-push]
        archive-async=\(asynchronous)
        [main]
        pg1-path=$PWD
        END
        pg_ctl -D . -l /tmp/log -w start >/dev/null
        pgbackrest --stanza=main stanza-create
        psql -XAtqc "create table t as select 1; select pg_switch_wal()"
        segment=pg_wal/000000010000000000000001
        pgbackrest --stanza=main archive-push $segment
        printf '%s' "$(sha1sum <$segment | cut -c1-40)" >/tmp/whole
        rm -f /var/spool/pgbackrest/archive/main/out/*
        printf other | dd of=$segment bs=1 seek=16000000 conv=notrunc
        cat >/tmp/rest.py <<END
        import http.server, json
        class Patroni(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with open("/tmp/answer.json") as file:
                    status, answer = json.load(file)[self.path]
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())
        http.server.HTTPServer(("127.0.0.1", 8008), Patroni).serve_forever()
        END
        python3 /tmp/rest.py >/dev/null 2>&1 & echo $! >/tmp/rest.pid
        cat >/tmp/push <<END
        archive main pg_wal/\\$1
        END
        cat >/tmp/get <<END
        archived main \\$1 /tmp/got
        END
        """
    }

    private func answer(leads: Bool, state: String, leader: Int?, in node: String) async throws {
        let members = leader.map { "{\"name\": \"x\", \"role\": \"leader\", \"timeline\": \($0)}, " } ?? ""
        let replica = "{\"name\": \"y\", \"role\": \"replica\", \"timeline\": 9}"
        let text =
            "{\"/leader\": [\(leads ? 200 : 503), {\"state\": \"\(state)\", \"role\": \"primary\"}], "
            + "\"/cluster\": [200, {\"members\": [\(members)\(replica)]}]}"
        try await run("cat >/tmp/answer.json <<END\n\(text)\nEND", in: node)
    }

    /// Runs one of the two programs as PostgreSQL does, and returns what it said.
    @discardableResult
    private func expect(_ status: Int, _ command: String, in node: String) async throws -> String {
        let said = try await run("status=0; sh /tmp/\(command) 2>&1 || status=$?; echo status $status", in: node)
        #expect(said.hasSuffix("status \(status)"), "\(command): \(said)")
        return said
    }

    @discardableResult
    private func run(_ script: String, in node: String) async throws -> String {
        let place = "mkdir -p /var/lib/postgresql/data && cd /var/lib/postgresql/data\n"
        return try await Shell.run(["docker", "exec", node, "bash", "-euc", place + script])
    }
}
