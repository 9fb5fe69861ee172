import EtcdClient
import Testing

struct KeysTests {
    @Test("a prefix ends before the next key that does not begin with it")
    func prefixes() {
        #expect(EtcdKeys.prefix("/a/").bounds.end == "/a0")
        #expect(EtcdKeys.prefix(EtcdBytes([1, 255])).bounds.end == EtcdBytes([2]))
        #expect(EtcdKeys.prefix(EtcdBytes([255, 255])).bounds.end == EtcdBytes([0]))
        let everything = EtcdKeys.prefix("").bounds
        #expect(everything.key == EtcdBytes([0]))
        #expect(everything.end == EtcdBytes([0]))
    }

    @Test("other ranges keep their bounds")
    func bounds() {
        #expect(EtcdKeys.one("k").bounds.end == nil)
        #expect(EtcdKeys.from("k").bounds.end == EtcdBytes([0]))
        #expect(EtcdKeys.between("a", "c").bounds.end == "c")
    }
}

struct FieldsTests {
    private func fields(_ text: String) throws -> Fields { try Fields(parsing: Array(text.utf8), target: "t") }

    @Test("64-bit numbers are read from strings without loss, and from numbers")
    func numbers() throws {
        let fields = try fields(#"{"a":"9223372036854775807","b":"18446744073709551615","c":12}"#)
        #expect(try fields.int64("a") == .max)
        #expect(try fields.uint64("b") == .max)
        #expect(try fields.int64("c") == 12)
        #expect(try fields.int64("absent") == 0)
        #expect(throws: EtcdError.self) { try fields.int64("b") }
    }

    @Test("bytes come from base64, and absent ones are empty")
    func bytes() throws {
        let fields = try fields(#"{"k":"L2Ev/w==","bad":"%%"}"#)
        #expect(try fields.bytes("k") == EtcdBytes([47, 97, 47, 255]))
        #expect(try fields.bytes("absent") == "")
        #expect(throws: EtcdError.self) { try fields.bytes("bad") }
    }

    @Test("what is no JSON object is malformed", arguments: ["", "[]", "1", "<html>", #"{"a":"#, "null"])
    func malformed(text: String) {
        #expect(throws: EtcdError.self) { try fields(text) }
    }

    @Test("a field of another type is an error and no zero")
    func types() throws {
        let fields = try fields(#"{"a":{},"b":[1],"c":"x","d":1.5}"#)
        #expect(throws: EtcdError.self) { try fields.int64("a") }
        #expect(throws: EtcdError.self) { try fields.strings("b") }
        #expect(throws: EtcdError.self) { try fields.bool("c") }
        #expect(throws: EtcdError.self) { try fields.int64("d") }
    }
}

struct EtcdErrorTests {
    @Test(
        "etcd's words decide over gRPC's code",
        arguments: [
            (11, "etcdserver: mvcc: required revision has been compacted", EtcdError.Code.compacted(revision: nil)),
            (8, "etcdserver: mvcc: database space exceeded", .noSpace),
            (8, "etcdserver: too many requests", .overloaded),
            (5, "etcdserver: requested lease not found", .leaseNotFound),
            (5, "etcdserver: member not found", .memberNotFound),
            (9, "etcdserver: can only promote a learner member which is in sync with leader", .learnerNotReady),
            (9, "etcdserver: re-configuration failed due to not enough started members", .unhealthyCluster),
            (14, "etcdserver: unhealthy cluster", .unhealthyCluster),
            (14, "etcdserver: no leader", .noLeader),
            (14, "etcdserver: leader changed", .leaderLost),
            (14, "etcdserver: request timed out, possibly due to previous leader failure", .timedOut),
            (14, "etcdserver: server stopped", .unavailable),
            (16, "etcdserver: invalid auth token", .unauthenticated),
            (3, "etcdserver: user name is empty", .unauthenticated),
            (3, "etcdserver: authentication failed, invalid user ID or password", .unauthenticated),
            (7, "etcdserver: permission denied", .permissionDenied),
            (9, "etcdserver: authentication is not enabled", .authenticationNotEnabled),
            (12, "something new", .refused(grpcCode: 12)),
        ])
    func mapping(grpcCode: Int, message: String, code: EtcdError.Code) {
        #expect(EtcdError(grpcCode: grpcCode, message: message, target: "t").code == code)
    }

    @Test("no description of credentials shows the password")
    func secrecy() {
        var dumped = ""
        let credentials = EtcdCredentials(user: "u", password: "hunter2")
        dump(credentials, to: &dumped)
        #expect(!"\(credentials) \(dumped)".contains("hunter2"))
    }
}
