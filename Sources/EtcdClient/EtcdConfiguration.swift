public import HTTPTransport

/// Where a cluster is and how it is asked.
public struct EtcdConfiguration: Sendable {
    /// The members' client endpoints, in order of preference.
    public var endpoints: [HTTPEndpoint]
    /// Who asks, where authentication is on; with it off, they are not needed and do no harm.
    public var credentials: EtcdCredentials?
    /// How long a call may take over all endpoints together.
    public var deadline: Duration
    /// How long one endpoint may take while others are left to ask: a paused member accepts and never answers.
    public var attemptLimit: Duration
    /// How long an endpoint that failed is asked last.
    public var deadEndpointPause: Duration
    /// After how long without a byte a watch gives its connection up and resumes elsewhere. Set it above the
    /// servers' `--experimental-watch-progress-notify-interval` (10 min unless set); nil means never.
    public var watchIdleLimit: Duration?

    /// A configuration with the defaults.
    public init(
        endpoints: [HTTPEndpoint], credentials: EtcdCredentials? = nil, deadline: Duration = .seconds(5),
        attemptLimit: Duration = .seconds(2), deadEndpointPause: Duration = .seconds(5),
        watchIdleLimit: Duration? = nil
    ) {
        self.endpoints = endpoints
        self.credentials = credentials
        self.deadline = deadline
        self.attemptLimit = attemptLimit
        self.deadEndpointPause = deadEndpointPause
        self.watchIdleLimit = watchIdleLimit
    }
}

/// An etcd user and its password.
public struct EtcdCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The user.
    public var user: String
    /// The password; it appears in no description.
    public var password: String
    /// A pair.
    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }
    /// The user alone.
    public var description: String { user }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
