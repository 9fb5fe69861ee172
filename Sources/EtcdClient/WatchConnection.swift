import HTTPTransport

/// One connection's part of a watch.
struct WatchConnection {
    private var lines: HTTPLines.Iterator
    private let index: Int
    private let book: EndpointBook
    private let target: String

    init(_ stream: HTTPStream, index: Int, book: EndpointBook, target: String) {
        // The server cuts its answers at about its request limit (1.5 MiB); in base64 that is 2 MiB.
        lines = stream.lines(maxLineBytes: 16 << 20).makeAsyncIterator()
        self.index = index
        self.book = book
        self.target = target
    }

    /// The next WatchResponse. Throws when the connection is over, however it ended.
    mutating func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> Fields {
        do throws(EtcdError) {
            let line: [UInt8]?
            do throws(HTTPError) { line = try await lines.next(isolation: actor) } catch { throw EtcdError(error) }
            guard let line else {
                throw EtcdError(.connectionLost, target: target, message: "the server ended the watch")
            }
            let fields = try Fields(parsing: line, target: target)
            if let error = try fields.object("error") { throw try EtcdClient.failure(error) }
            return try fields.object("result") ?? fields
        } catch {
            if EtcdClient.blamesEndpoint(error) { book.failed(index) }
            throw error
        }
    }
}

extension EtcdClient {
    /// Opens a watch at the first endpoint that takes it.
    func openWatch(_ watch: EtcdWatch, from revision: Int64) async throws(EtcdError) -> WatchConnection {
        var create = watch.keys.fields
        create["start_revision"] = .int64(revision)
        create["prev_kv"] = .bool(watch.returnsPrevious)
        create["progress_notify"] = .bool(true)
        create["fragment"] = .bool(true)
        let end = ContinuousClock.now + configuration.deadline
        let path = "/v3/watch"
        let token = try await token(until: end)
        var request = try Self.request(path, ["create_request": .object(create)], token)
        // gRPC metadata: a member cut off from its leader ends the watch instead of keeping silent.
        request.headers.append((name: "Grpc-Metadata-hasleader", value: "true"))
        var last: EtcdError?
        for (index, client) in book.order() {
            let left = end - ContinuousClock.now
            guard left > .zero else { break }
            do throws(EtcdError) {
                return try await open(request, client, index, limit: min(left, configuration.attemptLimit))
            } catch {
                guard Self.blamesEndpoint(error) else { throw error }
                book.failed(index)
                last = error
            }
        }
        throw last ?? EtcdError(.timedOut, target: path, message: "no endpoint left to ask before the deadline")
    }

    private func open(
        _ request: HTTPRequest, _ client: HTTPClient, _ index: Int, limit: Duration
    ) async throws(EtcdError) -> WatchConnection {
        let target = "\(client.endpoint.name)\(request.path)"
        let stream: HTTPStream
        do throws(HTTPError) {
            stream = try await client.stream(request, headDeadline: limit, idleLimit: configuration.watchIdleLimit)
        } catch {
            throw EtcdError(error)
        }
        guard stream.status == 200 else {
            let body = (try? await stream.collect(upTo: 64 << 10)) ?? []
            throw Self.failure(status: stream.status, body: body, target: target)
        }
        return WatchConnection(stream, index: index, book: book, target: target)
    }
}
