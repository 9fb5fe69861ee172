/// What a reconciler wants: actions for now, conditions for people, and when to look again at the latest.
public struct Proposal: Sendable, Hashable {
    /// What may be done now, in any order.
    public var actions: [Action]
    /// What comes with the hours and is to be done, too, but says nothing of whether the cluster is as wanted: a backup
    /// that is due, a record of it.
    public var backgroundActions: [Action]
    /// What holds.
    public var conditions: [Condition]
    /// What it waits for, in words; empty when converged.
    public var waiting: [String]
    /// Look again after so long even if nothing happens; nil when only events or the resync matter.
    public var lookAgain: Duration?
    /// The manifest asks for what this cluster cannot have: no action is done by it.
    public var refusesManifest = false
    /// The only planners that may act now, by name: clients are paused, and nothing else is to touch what they wait for.
    public var exclusivePlanners: [String]?

    /// Nothing to do and nothing to say.
    public init(
        actions: [Action] = [], backgroundActions: [Action] = [], conditions: [Condition] = [], waiting: [String] = [],
        lookAgain: Duration? = nil
    ) {
        self.actions = actions
        self.backgroundActions = backgroundActions
        self.conditions = conditions
        self.waiting = waiting
        self.lookAgain = lookAgain
    }

    /// Adds another proposal to this one; the earlier look wins.
    public mutating func add(_ other: Proposal) {
        actions += other.actions
        backgroundActions += other.backgroundActions
        conditions += other.conditions
        waiting += other.waiting
        lookAgain = [lookAgain, other.lookAgain].compactMap(\.self).min()
        refusesManifest = refusesManifest || other.refusesManifest
        exclusivePlanners = exclusivePlanners ?? other.exclusivePlanners
    }

    /// Waits for something, and looks again after so long.
    public mutating func wait(for what: String, lookAgain after: Duration = .milliseconds(200)) {
        waiting.append(what)
        lookAgain = min(lookAgain ?? after, after)
    }
}

/// A condition in the Kubernetes habit.
public struct Condition: Sendable, Hashable {
    /// What it is about.
    public var type: ConditionType
    /// Whether it holds.
    public var status: Status
    /// One word for machines.
    public var reason: String
    /// A sentence for people: what it is, and what to do.
    public var message: String
    /// What it is about.
    public var subject: Subject
    /// Lines that belong to it: the last ones of a container that crashes.
    public var details: [String]

    /// Whether a condition holds.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// It holds.
        case `true` = "True"
        /// It does not hold.
        case `false` = "False"
        /// It could not be seen.
        case unknown = "Unknown"
    }

    /// A condition.
    public init(
        _ type: ConditionType, _ status: Status, reason: String, message: String, subject: Subject = .cluster,
        details: [String] = []
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.subject = subject
        self.details = details
    }
}

/// The kinds of conditions. `ready`-like ones are good when true, the others when false or not listed.
public enum ConditionType: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Everything is as the manifest wants it.
    case ready = "Ready"
    /// One primary takes writes.
    case primaryAvailable = "PrimaryAvailable"
    /// Every replica streams.
    case replicasStreaming = "ReplicasStreaming"
    /// A synchronous standby is set.
    case synchronousStandby = "SynchronousStandby"
    /// etcd has its quorum and all members.
    case etcdHealthy = "EtcdHealthy"
    /// Extensions, migrations and roles are as wanted.
    case schemaCurrent = "SchemaCurrent"
    /// The declared roles are as the manifest wants them.
    case rolesCurrent = "RolesCurrent"
    /// The declared databases are as the manifest wants them.
    case databasesCurrent = "DatabasesCurrent"
    /// WAL is archived.
    case archiving = "Archiving"
    /// There is a backup to restore from.
    case backupAvailable = "BackupAvailable"
    /// The repository held backups, and holds none.
    case repositoryLost = "RepositoryLost"
    /// The newest restore drill brought the data back.
    case restoreProven = "RestoreProven"
    /// Every file in the repository was found as it was written.
    case repositoryVerified = "RepositoryVerified"
    /// The primary keeps much more WAL than it should need.
    case walGrowing = "WALGrowing"
    /// The disk under the volumes has little free space.
    case diskSpaceLow = "DiskSpaceLow"
    /// The archive holds the history of a timeline that no node is on.
    case strayTimeline = "StrayTimeline"
    /// A backup that is due cannot be taken.
    case backupFailed = "BackupFailed"
    /// A restore did not come to its end.
    case restoreFailed = "RestoreFailed"
    /// A pooler takes connections and reaches the primary.
    case poolerAvailable = "PoolerAvailable"
    /// The web console runs.
    case consoleAvailable = "ConsoleAvailable"
    /// The manifest could not be read; the last good one stays in force.
    case manifestInvalid = "ManifestInvalid"
    /// A secret of the cluster is not in the state directory any more.
    case secretLost = "SecretLost"
    /// A certificate ends soon, and was not renewed.
    case certificateExpiring = "CertificateExpiring"
    /// The manifest's own certificate for the poolers cannot be used.
    case certificateInvalid = "CertificateInvalid"
    /// Clients on other hosts may come without TLS.
    case exposed = "Exposed"
    /// An object with our name is not ours.
    case notOwned = "NotOwned"
    /// A port is taken by somebody else.
    case portTaken = "PortTaken"
    /// An image is missing.
    case imageMissing = "ImageMissing"
    /// An image is not old, and all containers were made from its newest build.
    case imagesCurrent = "ImagesCurrent"
    /// The controller serves metrics where the manifest says.
    case monitoringAvailable = "MonitoringAvailable"
    /// The cluster's own Prometheus runs.
    case prometheusAvailable = "PrometheusAvailable"
    /// A receiver of notifications does not take them.
    case notificationFailing = "NotificationFailing"
    /// A question of the manifest's own for metrics is not answered.
    case metricQueryFailing = "MetricQueryFailing"
    /// A container keeps crashing.
    case crashLoop = "CrashLoop"
    /// The kernel killed a process of a container that goes on running.
    case outOfMemory = "OutOfMemory"
    /// Indexes were built with another version of the collation library.
    case collationMismatch = "CollationMismatch"
    /// All data volumes of a cluster that existed are gone.
    case dataLost = "DataLost"
    /// A volume holds another cluster's data.
    case foreignData = "ForeignData"
    /// Something could not be seen.
    case engineUnreachable = "EngineUnreachable"
    /// A person has paused the cluster.
    case paused = "Paused"
    /// A volume is kept though nothing uses it.
    case retired = "VolumeRetained"
    /// An action keeps failing.
    case actionFailing = "ActionFailing"
    /// A guard refused an action.
    case actionRefused = "ActionRefused"
    /// A change is not possible on a running cluster.
    case unsupportedChange = "UnsupportedChange"
    /// PostgreSQL does not start with the wanted parameters; the old ones stay in force.
    case parametersRefused = "ParametersRefused"
    /// The first node that was made as the manifest wants it now does not do its part; the others stay as they are.
    case rolloutStopped = "RolloutStopped"
    /// A switchover that was asked for cannot begin, or was called off.
    case switchoverDelayed = "SwitchoverDelayed"

    /// Orders by declaration, so that tables always print the same way.
    public static func < (left: ConditionType, right: ConditionType) -> Bool {
        guard let first = allCases.firstIndex(of: left), let second = allCases.firstIndex(of: right) else {
            return false
        }
        return first < second
    }

    /// Whether true is the good state.
    public var isGoodWhenTrue: Bool {
        switch self {
        case .ready, .primaryAvailable, .replicasStreaming, .synchronousStandby, .etcdHealthy, .schemaCurrent,
            .rolesCurrent, .databasesCurrent, .archiving, .backupAvailable, .restoreProven, .repositoryVerified,
            .poolerAvailable, .consoleAvailable, .imagesCurrent, .monitoringAvailable,
            .prometheusAvailable:
            true
        case .manifestInvalid, .secretLost, .certificateExpiring, .certificateInvalid, .exposed, .notOwned, .portTaken,
            .imageMissing, .crashLoop, .outOfMemory, .metricQueryFailing, .notificationFailing,
            .collationMismatch, .dataLost, .foreignData,
            .engineUnreachable, .paused,
            .repositoryLost, .walGrowing, .diskSpaceLow, .strayTimeline, .backupFailed, .restoreFailed, .retired,
            .actionFailing,
            .actionRefused, .unsupportedChange, .parametersRefused, .rolloutStopped, .switchoverDelayed:
            false
        }
    }
}

/// Everything a reconciler may know.
public struct PlanningInput: Sendable {
    /// What is wanted.
    public var cluster: Cluster
    /// What is there.
    public var observation: Observation
    /// When.
    public var now: Moment

    /// Joins desired, observed and the time.
    public init(cluster: Cluster, observation: Observation, now: Moment) {
        self.cluster = cluster
        self.observation = observation
        self.now = now
    }

    /// The containers whose orderly stop is under way, by name.
    public var stopping: [ContainerView] {
        observation.engines.flatMap { $0.view.value?.containers ?? [] }.filter(\.isBeingStopped)
    }
}

/// A pure planner of one concern.
public protocol Reconciler: Sendable {
    /// Its name in plans and events.
    var name: String { get }
    /// What it wants, from nothing but the input.
    func propose(_ input: PlanningInput) -> Proposal
}
