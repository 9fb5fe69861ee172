import HTTPTransport

/// Why something asked of etcd was not done.
public struct EtcdError: Error, Sendable, Hashable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// No endpoint could be reached.
        case unavailable
        /// The deadline passed, or the cluster itself gave up waiting for agreement.
        case timedOut
        /// The task was cancelled.
        case cancelled
        /// The connection broke in the middle.
        case connectionLost
        /// TLS failed; certificates, most likely.
        case tls
        /// The asked revision is compacted away; with the oldest one there is, where the answer tells it.
        case compacted(revision: Int64?)
        /// The asked revision is still to come (this store was made anew, or the member is behind).
        case futureRevision
        /// The cluster has no leader, so no quorum.
        case noLeader
        /// The leader changed under the request.
        case leaderLost
        /// The store is full (alarm NOSPACE): reads and deletes only until it is compacted, defragmented, disarmed.
        case noSpace
        /// Too many requests are waiting.
        case overloaded
        /// Wrong or missing user, password or token. Says nothing about the leader or the data.
        case unauthenticated
        /// The user may not.
        case permissionDenied
        /// The lease does not exist, or has expired.
        case leaseNotFound
        /// No member has this ID.
        case memberNotFound
        /// A member with this peer URL exists.
        case memberExists
        /// The membership change would leave fewer started members than a quorum needs.
        case unhealthyCluster
        /// The learner has not caught up with the leader.
        case learnerNotReady
        /// The cluster has as many learners as it may.
        case tooManyLearners
        /// The user, role or lease exists already.
        case alreadyExists
        /// The user, role or permission does not exist.
        case notFound
        /// Authentication is not switched on.
        case authenticationNotEnabled
        /// The answer is none that etcd gives.
        case malformed
        /// Another refusal, with gRPC's status code.
        case refused(grpcCode: Int)
    }

    /// The kind.
    public var code: Code
    /// The endpoint and path that were asked.
    public var target: String
    /// The server's or the transport's words.
    public var message: String
    /// Whether the change may have been made all the same; only for requests that change something.
    public var isOutcomeUnknown: Bool

    /// An error as found.
    public init(_ code: Code, target: String, message: String, isOutcomeUnknown: Bool = false) {
        self.code = code
        self.target = target
        self.message = message
        self.isOutcomeUnknown = isOutcomeUnknown
    }
}

extension EtcdError: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        "\(target): \(message)\(isOutcomeUnknown ? " (it may have been done all the same)" : "")"
    }
}

extension EtcdError {
    /// The transport's failure in etcd's terms.
    init(_ error: HTTPError) {
        let code: Code =
            switch error.code {
            case .couldNotConnect, .refused, .notFound, .permissionDenied, .notASocket, .nameNotResolved,
                .internalFailure:
                .unavailable
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            case .connectionLost: .connectionLost
            case .tls: .tls
            case .tooLarge, .malformed, .invalidRequest: .malformed
            }
        self.init(code, target: error.target, message: error.detail)
    }

    /// The gateway's error object, `{"code": …, "message": …}` or, in streams, `{"grpc_code": …, "message": …}`.
    package init(grpcCode: Int, message: String, target: String) {
        let code = Self.code(grpcCode, message)
        // A server that stops, unlike a transport that never connected, may have passed the request on.
        self.init(code, target: target, message: message, isOutcomeUnknown: code == .unavailable)
    }

    /// Sorts gRPC's code and etcd's words (api/v3rpc/rpctypes/error.go of etcd 3.5); the words first, because one
    /// code stands for many things.
    private static func code(_ grpcCode: Int, _ message: String) -> Code {
        for (words, code) in phrases where message.contains(words) { return code }
        return switch grpcCode {
        case 1: .cancelled
        case 4: .timedOut
        case 6: .alreadyExists
        case 7: .permissionDenied
        case 14: .unavailable
        case 16: .unauthenticated
        default: .refused(grpcCode: grpcCode)
        }
    }

    private static let phrases: [(String, Code)] = [
        ("required revision has been compacted", .compacted(revision: nil)),
        ("required revision is a future revision", .futureRevision),
        ("database space exceeded", .noSpace),
        ("requested lease not found", .leaseNotFound),
        ("lease already exists", .alreadyExists),
        ("too many requests", .overloaded),
        ("member not found", .memberNotFound),
        ("member ID already exist", .memberExists),
        ("Peer URLs already exists", .memberExists),
        ("not enough started members", .unhealthyCluster),
        ("unhealthy cluster", .unhealthyCluster),
        ("learner member which is in sync with leader", .learnerNotReady),
        ("too many learner members", .tooManyLearners),
        ("no leader", .noLeader),
        ("leader changed", .leaderLost),
        ("request timed out", .timedOut),
        ("authentication is not enabled", .authenticationNotEnabled),
        ("authentication failed", .unauthenticated),
        ("invalid auth token", .unauthenticated),
        ("user name is empty", .unauthenticated),
        ("revision of auth store is old", .unauthenticated),
        ("permission denied", .permissionDenied),
        ("user name already exists", .alreadyExists),
        ("role name already exists", .alreadyExists),
        ("user name not found", .notFound),
        ("role name not found", .notFound),
        ("role is not granted", .notFound),
        ("permission is not granted", .notFound),
    ]
}
