import Foundation
import HTTPTransport
import PatroniAPI
import Testing

struct DecodingTests {
    private func decode<Document: Decodable>(_ type: Document.Type, _ text: String) throws -> Document {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    @Test("a primary's status is read in full")
    func primary() throws {
        let status = try decode(
            PatroniStatus.self,
            """
            {"state": "running", "postmaster_start_time": "2026-11-23 01:38:28.350386+00:00", "role": "primary",
             "server_version": 180006, "xlog": {"location": 67419584}, "timeline": 3, "pause": true,
             "replication": [{"usename": "replicator", "application_name": "pg-node-2", "client_addr": "172.18.0.6",
              "state": "streaming", "sync_state": "sync", "sync_priority": 1}],
             "dcs_last_seen": 1795397930, "tags": {"nofailover": true, "zone": "a", "failover_priority": 2},
             "pending_restart": true, "pending_restart_reason": {"work_mem": {"old_value": "1", "new_value": "2"},
              "max_connections": {"old_value": "100", "new_value": "200"}},
             "database_system_identifier": "7575757575757575757",
             "patroni": {"version": "4.1.5", "scope": "pg-ha-cluster", "name": "pg-node-1"}, "novelty": {"x": []}}
            """)
        #expect((status.state, status.role, status.timeline) == ("running", "primary", 3))
        #expect(status.wal?.location == 67_419_584)
        #expect((status.isPaused, status.isRestartPending) == (true, true))
        #expect(
            status.pendingParameters.map { [$0.name, $0.oldValue, $0.newValue] } == [
                ["max_connections", "100", "200"], ["work_mem", "1", "2"],
            ])
        #expect(status.replication.first?.applicationName == "pg-node-2")
        #expect(status.replication.first?.syncState == "sync")
        #expect(status.tags == ["nofailover": "true", "zone": "a", "failover_priority": "2"])
        #expect(status.systemIdentifier == "7575757575757575757")
        #expect((status.name, status.scope) == ("pg-node-1", "pg-ha-cluster"))
    }

    @Test("a node without PostgreSQL, or with fields of other types, is read as far as it goes")
    func partial() throws {
        let status = try decode(
            PatroniStatus.self,
            #"{"state": "starting", "role": 7, "timeline": "x", "xlog": [], "cluster_unlocked": true, "tags": null}"#)
        #expect((status.state, status.role, status.timeline, status.wal) == ("starting", nil, nil, nil))
        #expect(status.isClusterUnlocked)
        #expect(throws: (any Error).self) { try decode(PatroniStatus.self, "{}") }
    }

    @Test("a replica's status tells its positions")
    func replica() throws {
        let status = try decode(
            PatroniStatus.self,
            """
            {"state": "running", "role": "replica", "replication_state": "streaming", "sync_standby": true,
             "xlog": {"received_location": 10, "replayed_location": 9, "replayed_timestamp": null, "paused": true}}
            """)
        #expect((status.wal?.received, status.wal?.replayed, status.wal?.isPaused) == (10, 9, true))
        #expect(status.isSynchronous)
        #expect(status.replicationState == "streaming")
    }

    @Test("a cluster's members are read, an unknown lag as nil")
    func cluster() throws {
        let cluster = try decode(
            PatroniCluster.self,
            """
            {"members": [{"name": "a", "role": "leader", "state": "running", "api_url": "http://a:8008/patroni",
              "host": "a", "port": 5432, "timeline": 1},
             {"name": "b", "role": "replica", "state": "streaming", "lag": "unknown"},
             {"name": "c", "role": "sync_standby", "state": "streaming", "lag": 12}], "scope": "s", "pause": true}
            """)
        #expect(cluster.members.map(\.lagBytes) == [nil, nil, 12])
        #expect((cluster.isPaused, cluster.scope) == (true, "s"))
    }

    @Test("history entries of any age are read")
    func history() throws {
        let entries = try decode(
            [PatroniHistoryEntry].self,
            #"[[1, 24020, "no recovery target specified"], [2, 99, "why", "2026-11-23T01:00:00+00:00", "pg-node-2"]]"#)
        #expect(entries.map(\.leader) == [nil, "pg-node-2"])
        #expect(entries.map(\.position) == [24020, 99])
    }
}

struct PatroniErrorTests {
    @Test(
        "statuses are sorted",
        arguments: [
            (400, PatroniError.Code.invalid), (401, .unauthorized), (403, .unauthorized), (404, .notFound),
            (409, .conflict), (412, .preconditionFailed), (502, .failed), (503, .failed), (302, .malformed),
        ])
    func statuses(status: Int, code: PatroniError.Code) {
        #expect(PatroniError(status: status, body: "", target: "t").code == code)
    }

    @Test("Python's error page is boiled down to its message")
    func page() {
        let page = """
            <!DOCTYPE HTML>
            <html lang="en">
                <body>
                    <p>Error code: 503</p>
                    <p>Message: Service Unavailable.</p>
                </body>
            </html>
            """
        let error = PatroniError(status: 503, body: page, target: "t")
        #expect(error.message == "Service Unavailable.")
        #expect(PatroniError(status: 412, body: "no good candidates", target: "t").message == "no good candidates")
    }

    @Test("the password is sent only with what changes something")
    func passwordStaysHome() {
        let client = PatroniClient(
            endpoint: .tcp(host: "h", port: 8008), credentials: PatroniCredentials(user: "u", password: "hunter2"))
        func isSent(_ method: HTTPRequest.Method) -> Bool {
            client.headers(for: method, hasBody: false).contains { $0.name == "Authorization" }
        }
        #expect(!isSent(.get) && !isSent(.head))
        #expect(isSent(.post) && isSent(.put) && isSent(.patch) && isSent(.delete))
    }

    @Test("no description of credentials shows the password")
    func secrecy() {
        var dumped = ""
        let credentials = PatroniCredentials(user: "u", password: "hunter2")
        dump(credentials, to: &dumped)
        #expect(!"\(credentials) \(dumped)".contains("hunter2"))
    }
}
