import HTTPTransport

extension DockerEngine {
    /// Prepares a command and returns its ID: `POST /containers/{id}/exec`.
    /// - Throws: `.notRunning`, `.wrongPauseState` if the container is paused.
    public func createExec(
        in reference: String, _ configuration: DockerExecConfiguration, deadline: Duration = .seconds(10)
    ) async throws(DockerError) -> String {
        let call = call(.post, reference, "exec", to: "prepare a command in", deadline: deadline)
        return try await fetch(try call.sending(configuration), as: CreatedObject.self).id
    }

    /// Starts a prepared command and returns its output as it comes: `POST /exec/{id}/start`.
    /// - Parameters:
    ///   - deadline: until the output begins.
    ///   - total: ends the stream so long after its start; the command itself goes on. `nil` means never.
    public func startExec(
        _ id: String, deadline: Duration = .seconds(10), total: Duration? = nil
    ) async throws(DockerError) -> DockerOutputStream {
        let call = try execStart(id, isDetached: false, deadline: deadline)
        return DockerOutputStream(
            stream: try await open(call, total: total), isRaw: false, call: call, maxFrameBytes: 1 << 20)
    }

    /// Starts a prepared command and leaves it alone: `POST /exec/{id}/start` with `Detach`.
    public func startExecDetached(_ id: String, deadline: Duration = .seconds(10)) async throws(DockerError) {
        try await perform(try execStart(id, isDetached: true, deadline: deadline))
    }

    /// Whether a command runs, and how it ended: `GET /exec/{id}/json`.
    public func exec(_ id: String, deadline: Duration = .seconds(1)) async throws(DockerError) -> DockerExec {
        try await fetch(DockerCall(.get, ["exec", id, "json"], to: "inspect command", object: id, deadline: deadline))
    }

    /// Runs a command in a container to its end.
    /// - Parameters:
    ///   - maxOutputBytes: what is kept of each output; the rest is read and dropped.
    ///   - deadline: for everything. When it passes, the command goes on in the container: give it a time-out of its
    ///     own where that matters.
    /// - Throws: `.timedOut`, and what `createExec` throws. An exit code other than 0 is a result and no error.
    public func run(
        _ configuration: DockerExecConfiguration, in reference: String, maxOutputBytes: Int = 1 << 20,
        deadline: Duration = .seconds(30)
    ) async throws(DockerError) -> DockerExecResult {
        let until = ContinuousClock.now.advanced(by: deadline)
        let id = try await createExec(in: reference, configuration, deadline: min(deadline, .seconds(5)))
        let output = try await startExec(id, deadline: until - .now, total: until - .now)
        var standardOutput: [UInt8] = []
        var standardError: [UInt8] = []
        var isTruncated = false
        for try await piece in output {
            switch piece.stream {
            case .standardOutput:
                isTruncated = Self.keep(piece.bytes, in: &standardOutput, upTo: maxOutputBytes) || isTruncated
            case .standardError:
                isTruncated = Self.keep(piece.bytes, in: &standardError, upTo: maxOutputBytes) || isTruncated
            }
        }
        let exitCode = try await exitCode(of: id, in: reference, until: until)
        return DockerExecResult(
            exitCode: exitCode, standardOutput: standardOutput, standardError: standardError, isTruncated: isTruncated)
    }

    /// Runs a prepared command to its end, and gives it `input`, whose end it is not told: it has to know how much it reads.
    /// What goes this way is in no argument and no environment.
    /// - Parameters:
    ///   - id: what `createExec` returned for a configuration that `takesInput`.
    ///   - reference: its container.
    ///   - deadline: for everything.
    /// - Throws: as `run`, and `.malformed` with the engine's words when it cannot start the command.
    public func runExec(
        _ id: String, in reference: String, input: [UInt8], deadline: Duration = .seconds(30)
    ) async throws(DockerError) -> DockerExecResult {
        let until = ContinuousClock.now.advanced(by: deadline)
        let call = try execStart(id, isDetached: false, deadline: deadline)
        let version = try await agreedVersion(deadline: min(deadline, .seconds(2)))
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await client.converse(
                call.request(path: call.path(in: version)), sending: input, deadline: until - .now)
        } catch {
            throw failed(call, error)
        }
        guard [101, 200].contains(response.status) else { throw DockerError.classified(response, for: call) }
        var outputs: [DockerOutput] = []
        do throws(StdcopyDemultiplexer.Failure) {
            var frames = StdcopyDemultiplexer()
            outputs = try frames.append(response.body)
            try frames.finish()
        } catch {
            throw call.error(.malformed, String(decoding: response.body.prefix(500), as: UTF8.self))
        }
        func all(_ stream: DockerOutput.Stream) -> [UInt8] { outputs.filter { $0.stream == stream }.flatMap(\.bytes) }
        return DockerExecResult(
            exitCode: try await exitCode(of: id, in: reference, until: until), standardOutput: all(.standardOutput),
            standardError: all(.standardError), isTruncated: false)
    }

    /// The output ends a moment before the engine has noted the exit code.
    private func exitCode(
        of id: String, in reference: String, until: ContinuousClock.Instant
    ) async throws(DockerError) -> Int {
        var pause = Duration.milliseconds(5)
        while true {
            let exec = try await exec(id, deadline: max(until - .now, .seconds(1)))
            if !exec.isRunning, let code = exec.exitCode { return code }
            guard ContinuousClock.now < until, (try? await Task.sleep(for: pause)) != nil else {
                throw DockerError(
                    Task.isCancelled ? .cancelled : .timedOut, attempted: "run a command in container",
                    object: reference, message: "its output ended and it did not")
            }
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    /// - Returns: whether something was dropped.
    private static func keep(_ bytes: [UInt8], in kept: inout [UInt8], upTo limit: Int) -> Bool {
        let room = limit - kept.count
        kept += bytes.prefix(room)
        return bytes.count > room
    }

    private func execStart(_ id: String, isDetached: Bool, deadline: Duration) throws(DockerError) -> DockerCall {
        let call = DockerCall(.post, ["exec", id, "start"], to: "start command", object: id, deadline: deadline)
        return try call.sending(["Detach": isDetached, "Tty": false])
    }
}
