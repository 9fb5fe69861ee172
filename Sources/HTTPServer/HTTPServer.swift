import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A small HTTP/1.1 server over SwiftNIO: a port, a handler, and limits on what a client may take of it.
///
/// A handler that fails is an answer of its own making: it does not throw.
public struct HTTPServer: Sendable {
    /// Why the server does not listen.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The address and the system's words.
        public let description: String
    }

    private let host: String
    private let port: Int
    private let limits: ServerLimits
    /// The certificate at this moment; asked for at each connection, so that a renewed one is used at once. Nil for plain HTTP.
    private let identity: (@Sendable () async -> ServerIdentity?)?
    private let handler: @Sendable (ServerRequest) async -> ServerResponse

    /// A server that does not listen yet.
    public init(
        host: String, port: Int, limits: ServerLimits = ServerLimits(),
        identity: (@Sendable () async -> ServerIdentity?)? = nil,
        handler: @escaping @Sendable (ServerRequest) async -> ServerResponse
    ) {
        self.host = host
        self.port = port
        self.limits = limits
        self.identity = identity
        self.handler = handler
    }

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Listens until the task is cancelled.
    /// - Parameter onListening: called once with the port, when it listens.
    public func run(onListening: @Sendable (Int) async -> Void = { _ in }) async throws(Failure) {
        do {
            try await serve(onListening)
        } catch is CancellationError {
            return
        } catch {
            if Task.isCancelled { return }
            throw Failure(description: "\(host):\(port): \(error)")
        }
    }

    private func serve(_ onListening: @Sendable (Int) async -> Void) async throws {
        let count = ConnectionCount()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singletonOfServers)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .bind(host: host, port: port) { channel in
                connection(channel)
            }
        let port = server.channel.localAddress?.port ?? port
        try await server.executeThenClose { connections in
            await onListening(port)
            try await withThrowingDiscardingTaskGroup { group in
                for try await future in connections {
                    guard count.enter(below: limits.maxConnections) else {
                        // what is not ended in this way would be taken for lost by NIO
                        group.addTask { try? await future.get().executeThenClose { _, _ in } }
                        continue
                    }
                    group.addTask {
                        defer { count.leave() }
                        // what goes wrong with one connection ends that one
                        try? await converse(future.get())
                    }
                }
            }
        }
    }

    /// The parts of a connection. TLS comes first: the certificate is asked for before anything is read.
    private func connection(_ channel: any Channel) -> EventLoopFuture<EventLoopFuture<Connection>> {
        let limits = limits
        let prepared: EventLoopFuture<Void>
        if let identity {
            prepared = channel.eventLoop.makeFutureWithTask { try await HTTPServer.context(of: identity()) }
                .flatMapThrowing { context in
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }
        } else {
            prepared = channel.eventLoop.makeSucceededVoidFuture()
        }
        let connection = prepared.flatMapThrowing { _ -> Connection in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(IdleStateHandler(allTimeout: .nanoseconds(limits.idle.nanoseconds)))
            try pipeline.addHandler(IdleCloser())
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: true, withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: limits.decoder)
            return try Connection(wrappingChannelSynchronously: channel)
        }
        connection.whenFailure { _ in channel.close(promise: nil) }
        // nothing is read before this is complete
        return connection.map { _ in }.recover { _ in }.map { connection }
    }

    private static func context(of identity: ServerIdentity?) throws -> NIOSSLContext {
        guard let identity else { throw Failure(description: "there is no certificate") }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.certificates.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: configuration)
    }

    private func converse(_ connection: Connection) async throws {
        let channel = connection.channel
        let peer = channel.remoteAddress?.ipAddress ?? ""
        try await connection.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            while let head = try await head(&parts, channel) {
                guard let body = try await body(&parts, channel) else {
                    return try await send(
                        .text(413, "the body is too long\n"), to: outbound, channel, keepsAlive: false, isHead: false)
                }
                let request = ServerRequest(
                    method: head.method.rawValue, target: head.uri, headers: head.headers.map { ($0.name, $0.value) },
                    body: body, peer: peer)
                let response = await handler(request)
                let keepsAlive: Bool = if case .whole = response.body { head.isKeepAlive } else { false }
                try await send(response, to: outbound, channel, keepsAlive: keepsAlive, isHead: head.method == .HEAD)
                guard keepsAlive else { return }
            }
        }
    }

    private typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    /// Closes a connection on which something takes too long; a client that sends a byte now and then would have it for ever.
    private func timer(_ limit: Duration, _ channel: any Channel) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) { channel.close(promise: nil) }
    }

    /// The header of the next request; nil at the end of the connection.
    private func head(_ parts: inout Parts, _ channel: any Channel) async throws -> HTTPRequestHead? {
        let timer = timer(limits.idle, channel)
        defer { timer.cancel() }
        guard case .head(let head)? = try await parts.next() else { return nil }
        return head
    }

    /// Nil where it is longer than it may be.
    private func body(_ parts: inout Parts, _ channel: any Channel) async throws -> [UInt8]? {
        let timer = timer(limits.arrival, channel)
        defer { timer.cancel() }
        var body: [UInt8] = []
        while let part = try await parts.next() {
            switch part {
            case .head: return nil
            case .body(let buffer):
                body += buffer.readableBytesView
                guard body.count <= limits.maxBodyBytes else { return nil }
            case .end: return body
            }
        }
        return nil
    }

    private func send(
        _ response: ServerResponse, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        _ channel: any Channel, keepsAlive: Bool, isHead: Bool
    ) async throws {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        if case .whole(let bytes) = response.body {
            headers.replaceOrAdd(name: "Content-Length", value: "\(bytes.count)")
        }
        headers.replaceOrAdd(name: "Connection", value: keepsAlive ? "keep-alive" : "close")
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        try await outbound.write(.head(head))
        switch response.body {
        case .whole(let bytes):
            if !isHead, !bytes.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
        case .stream(let pieces):
            if !isHead { try await pass(pieces, to: outbound, channel) }
        }
        // returns when the bytes are out, so that closing cuts nothing off
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    }

    /// Sends pieces until the stream ends, or the client leaves, which a silent stream would not notice by itself.
    private func pass(
        _ pieces: AsyncStream<[UInt8]>, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        _ channel: any Channel
    ) async throws {
        let writing = Task {
            for await piece in pieces { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: piece)))) }
        }
        channel.closeFuture.whenComplete { _ in writing.cancel() }
        try await withTaskCancellationHandler {
            try await writing.value
        } onCancel: {
            writing.cancel()
        }
    }
}

extension ServerLimits {
    /// What NIO's parser takes of a header.
    fileprivate var decoder: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 32 << 10
        limits.maxHeaderFieldCount = 64
        return limits
    }
}

/// Closes a connection that was silent for too long.
private final class IdleCloser: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

/// How many connections are open.
private final class ConnectionCount: Sendable {
    private let open = Mutex(0)

    func enter(below limit: Int) -> Bool {
        open.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { open.withLock { $0 -= 1 } }
}

extension MultiThreadedEventLoopGroup {
    /// One thread for all servers of the process.
    fileprivate static let singletonOfServers = MultiThreadedEventLoopGroup(numberOfThreads: 1)
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
