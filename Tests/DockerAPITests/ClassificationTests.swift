import DockerAPI
import HTTPTransport
import TestSupport
import Testing

@Suite struct ClassificationTests {
    /// Measured on 20.10.24 and 28.5.2; where both stand, the texts differ.
    static let measured: [(status: Int, message: String, code: DockerError.Code)] = [
        (304, "", .notModified),
        (400, "Minimum memory limit allowed is 6MB", .badParameter),
        (
            400, "failed to create shim task: OCI runtime create failed: runc create failed: unable to start",
            .cannotStart
        ),
        (400, "client version 1.99 is too new. Maximum supported API version is 1.41", .unsupportedAPIVersion),
        (400, "client version 1.41 is too old. Minimum supported API version is 1.44, please", .unsupportedAPIVersion),
        (403, "error while removing network: network n id 736c has active endpoints", .hasEndpoints),
        (403, "error while removing network: network n has active endpoints (name:\"a\" id:\"ced4\")", .hasEndpoints),
        (403, "endpoint with name a already exists in network n", .wrongAttachment),
        (403, "Pool overlaps with other one on this address space", .addressRangeTaken),
        (403, "invalid pool request: Pool overlaps with other one on this address space", .addressRangeTaken),
        (403, "Address already in use", .addressTaken),
        (404, "No such container: x", .notFound),
        (404, "No such image: nope:1", .noSuchImage),
        (404, "failed to set up container networking: network n not found", .notFound),
        (
            409,
            "Conflict. The container name \"/a\" is already in use by container \"6962\". You have to remove (or rename)",
            .nameInUse(by: "6962")
        ),
        (409, "network with name n already exists", .nameInUse(by: nil)),
        (409, "removal of container a is already in progress", .alreadyInProgress),
        (409, "Container 6962 is not running", .notRunning),
        (409, "cannot kill container: a: container 6962 is not running", .notRunning),
        (409, "Container a is paused, unpause the container before exec", .wrongPauseState),
        (409, "Container 6962 is already paused", .notModified),
        (409, "remove v: volume is in use - [6962]", .inUse),
        (
            409,
            "conflict: unable to remove repository reference \"i\" (must force) - container 6 is using its referenced image 9",
            .inUse
        ),
        (409, "You cannot remove a running container 6962. Stop the container before attempting removal", .conflict),
        (409, "cannot remove container \"a\": container is running: stop the container", .conflict),
        (
            500,
            "driver failed programming external connectivity on endpoint b (56a4): Bind for 127.0.0.1:18999 failed: port is already allocated",
            .portAllocated(address: "127.0.0.1:18999")
        ),
        (
            500, "Error starting userland proxy: listen tcp4 127.0.0.1:5432: bind: address already in use",
            .portAllocated(address: "127.0.0.1:5432")
        ),
        (
            500, "failed to bind host port for 127.0.0.1:5432:172.18.0.2:5432/tcp: address already in use",
            .portAllocated(address: "127.0.0.1:5432")
        ),
        (
            500, "failed to bind host port 127.0.0.1:5432/tcp: address already in use",
            .portAllocated(address: "127.0.0.1:5432")
        ),
        (500, "container 6962 is not connected to network bridge", .wrongAttachment),
        (500, "Container 6962 is not paused", .wrongPauseState),
        (500, "unexpected EOF", .serverError),
        (503, "This node is not a swarm manager", .serverError),
        (302, "", .malformed),
    ]

    @Test("each measured answer has its code", arguments: measured.indices)
    func code(index: Int) {
        let (status, message, code) = Self.measured[index]
        #expect(DockerError.code(status: status, message: message) == code)
    }

    @Test("any status and message has some code", arguments: 0..<200)
    func total(seed: UInt64) {
        var random = Seeded(seed: seed)
        let message = String(decoding: random.bytes(0...200), as: UTF8.self)
        for status in [100, 200, 304, 399, 400, 401, 403, 404, 409, 418, 500, 599, 999] {
            let error = DockerError(
                DockerError.code(status: status, message: message), attempted: "a", object: "b", message: message)
            _ = error.disposition
        }
    }

    @Test("transport failures keep what a person needs to know")
    func transport() {
        func code(_ code: HTTPError.Code) -> DockerError.Code {
            DockerError(transport: HTTPError(code, target: "t", detail: "d"), attempted: "a", object: "b").code
        }
        #expect(code(.timedOut) == .timedOut)
        #expect(code(.cancelled) == .cancelled)
        #expect(code(.permissionDenied) == .permissionDenied)
        #expect(code(.tooLarge) == .malformed)
        #expect(code(.refused) == .unavailable(HTTPError(.refused, target: "t", detail: "d")))
        for each in HTTPError.Code.allCases { _ = code(each) }
    }

    @Test("API versions are compared as numbers and clamped to what both speak")
    func versions() {
        #expect(DockerAPIVersion("1.9").map { $0 < DockerAPIVersion(1, 41) } == true)
        #expect(DockerAPIVersion.agreed(engineOffers: DockerAPIVersion(1, 40)) == nil)
        #expect(DockerAPIVersion.agreed(engineOffers: DockerAPIVersion(1, 41)) == DockerAPIVersion(1, 41))
        #expect(DockerAPIVersion.agreed(engineOffers: DockerAPIVersion(1, 99)) == DockerAPIVersion(1, 51))
        for text in ["", "1", "1.", ".1", "1.2.3", "a.b", "-1.2"] { #expect(DockerAPIVersion(text) == nil) }
    }

    @Test("engine addresses are understood or refused, not guessed")
    func addresses() throws {
        #expect(try DockerEngine(address: "unix:///run/x.sock").endpoint == .unix(path: "/run/x.sock"))
        #expect(try DockerEngine(address: "tcp://h").endpoint == .tcp(host: "h", port: 2375))
        #expect(try DockerEngine(address: "tcp://[::1]:9").endpoint == .tcp(host: "::1", port: 9))
        let tls = TLSConfiguration(caFile: "ca.pem")
        #expect(try DockerEngine(address: "tcp://h/", tls: tls).endpoint == .tcp(host: "h", port: 2376, tls: tls))
        for text in ["", "unix://", "unix://run", "http://h", "tcp://", "tcp://h:0", "tcp://h:x", "ssh://h", "/run/x"] {
            #expect(throws: DockerError.self) { try DockerEngine(address: text) }
        }
    }

    @Test("an image reference is cut at its tag or digest")
    func references() {
        #expect(DockerEngine.nameAndTag("a") == ("a", "latest"))
        #expect(DockerEngine.nameAndTag("r:5000/a/b") == ("r:5000/a/b", "latest"))
        #expect(DockerEngine.nameAndTag("r:5000/a:1.2") == ("r:5000/a", "1.2"))
        #expect(DockerEngine.nameAndTag("a@sha256:ff") == ("a", "sha256:ff"))
    }

    @Test("queries and paths are percent-encoded to the last byte")
    func encoding() {
        #expect(PercentEncoding.encode("a-._~Z9") == "a-._~Z9")
        #expect(PercentEncoding.encode("{\"a\":[\"b/ç\"]}\r\n") == "%7B%22a%22%3A%5B%22b%2F%C3%A7%22%5D%7D%0D%0A")
    }
}
