import FoundationEssentials
import HTTPTransport

extension DockerEngine {
    /// Performs a call and returns a 2xx or 304 answer.
    /// - Throws: `DockerError`, also for every other status.
    @discardableResult
    func perform(_ call: DockerCall) async throws(DockerError) -> HTTPResponse {
        try await persisting(call) { () async throws(DockerError) in try await once(call) }
    }

    /// Tries a question again, twice and at once, when the engine stumbled over it (fault D08): a look needs many
    /// answers, and one failure among them would blind the whole of it. What changes something is never repeated.
    private func persisting<Value>(
        _ call: DockerCall, _ attempt: () async throws(DockerError) -> Value
    ) async throws(DockerError) -> Value {
        guard call.method == .get else { return try await attempt() }
        for pause in [20, 100] {
            do throws(DockerError) {
                return try await attempt()
            } catch {
                guard error.mayPass, !Task.isCancelled else { throw error }
                try? await Task.sleep(for: .milliseconds(pause))
            }
        }
        return try await attempt()
    }

    private func once(_ call: DockerCall) async throws(DockerError) -> HTTPResponse {
        let until = ContinuousClock.now.advanced(by: call.deadline)
        let call = try await permitted(call)
        let response = try await answer(call, until: until)
        // The engine was replaced by one that no longer, or not yet, speaks what was agreed.
        guard DockerError.refusesVersion(response) else {
            do throws(DockerError) {
                return try accept(response, for: call)
            } catch {
                // of an archive it may mean the path or the container; a container that is gone has no empty volume
                if error.code == .notFound { _ = try await permitted(call) }
                throw error
            }
        }
        agreement.forget()
        return try accept(try await answer(try await permitted(call), until: until), for: call)
    }

    /// Performs a call and decodes its JSON answer.
    /// - Throws: `DockerError`; `.malformed` if the answer is something else.
    func fetch<Value: Decodable>(_ call: DockerCall, as type: Value.Type = Value.self) async throws(DockerError)
        -> Value
    {
        try await persisting(call) { () async throws(DockerError) -> Value in
            try Self.decode(try await once(call).body, for: call)
        }
    }

    /// Starts a call whose answer streams.
    /// - Parameters:
    ///   - idleLimit: how long nothing may arrive; `nil` means for ever.
    ///   - total: ends the stream so long after its start; `nil` means never.
    /// - Throws: `DockerError`, also for every status but 2xx.
    func open(
        _ call: DockerCall, idleLimit: Duration? = nil, total: Duration? = nil
    ) async throws(DockerError) -> HTTPStream {
        let call = try await permitted(call)
        let version = try await agreedVersion(deadline: call.deadline)
        let stream: HTTPStream
        do throws(HTTPError) {
            stream = try await client.stream(
                call.request(path: call.path(in: version)), headDeadline: call.deadline, idleLimit: idleLimit,
                deadline: total)
        } catch {
            throw failed(call, error)
        }
        if (200..<300).contains(stream.status) { return stream }
        var body: [UInt8] = []
        do throws(HTTPError) { body = try await stream.collect(upTo: 64 << 10) } catch {}
        let response = HTTPResponse(status: stream.status, headers: stream.headers, body: body)
        if DockerError.refusesVersion(response) { agreement.forget() }
        throw DockerError.classified(response, for: call)
    }

    /// One request, whatever its status.
    func exchange(_ call: DockerCall, path: String, deadline: Duration) async throws(DockerError) -> HTTPResponse {
        do throws(HTTPError) {
            return try await client.send(call.request(path: path), deadline: deadline)
        } catch {
            throw failed(call, error)
        }
    }

    /// Turns a transport failure into this call's error; a broken connection also ends the agreement.
    func failed(_ call: DockerCall, _ error: HTTPError) -> DockerError {
        let result = DockerError(transport: error, attempted: call.attempted, object: call.object)
        if case .unavailable = result.code { agreement.forget() }
        return result
    }

    static func decode<Value: Decodable>(_ body: [UInt8], for call: DockerCall) throws(DockerError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(body))
        } catch {
            throw call.error(.malformed, "the answer could not be read: \(error)")
        }
    }

    private func answer(_ call: DockerCall, until: ContinuousClock.Instant) async throws(DockerError) -> HTTPResponse {
        let version = try await agreedVersion(deadline: min(until - .now, .seconds(2)))
        return try await exchange(call, path: call.path(in: version), deadline: until - .now)
    }

    private func accept(_ response: HTTPResponse, for call: DockerCall) throws(DockerError) -> HTTPResponse {
        if (200..<300).contains(response.status) || response.status == 304 { return response }
        throw DockerError.classified(response, for: call)
    }
}

extension DockerError {
    /// Whether the same question may get an answer a moment later: the engine stumbled, or the line broke.
    fileprivate var mayPass: Bool {
        switch code {
        case .serverError, .malformed: return true
        case .unavailable(let error):
            if case .connectionLost = error.code { return true }
            return false
        default: return false
        }
    }
}
