/// Why something is done or why a condition holds, as data; `sentence` says it to people.
public enum Reason: Sendable, Hashable {
    /// The manifest wants it and it is not there.
    case missing
    /// It was created and is ready to run.
    case readyToStart
    /// It runs with other settings than the manifest's.
    case settingsDiffer([Difference])
    /// Its files are missing.
    case filesMissing([String])
    /// Its files are not as the manifest wants them.
    case filesDiffer([String])
    /// It stopped by itself or by somebody's hand.
    case stopped(exitCode: Int, outOfMemory: Bool)
    /// Somebody paused it.
    case paused
    /// It has lost its network.
    case disconnected(NetworkName)
    /// It is on a network of the cluster's that is not for it.
    case notForIt(NetworkName)
    /// It carries another name.
    case renamed(from: ContainerName)
    /// The manifest does not ask for it any more.
    case surplus
    /// A stopped one stands in the way of what is wanted.
    case obsolete
    /// The image is not on the engine.
    case imageMissing(ImageReference)
    /// It waits for something that has just become true.
    case wake(String)
    /// The dynamic configuration was changed by somebody or by the manifest.
    case configurationDiffers([String])
    /// The nodes' own files are to hold other values.
    case localConfigurationDiffers([String])
    /// Parameters wait for a restart.
    case restartPending([String])
    /// The primary has to leave its place first.
    case handOver(String)
    /// A switchover: what this step is for.
    case switchover(String)
    /// The leader's container is proven dead.
    case leaderDead(NodeName, exitCode: Int?)
    /// The leader is alive but neither answers nor renews its lease.
    case leaderHung(NodeName)
    /// A member of etcd is not known to the store.
    case memberLost(String)
    /// The nodes hold a cluster that the store does not know: it was lost, or the data came from a backup.
    case unknownToStore
    /// An initialisation was cut off.
    case halfInitialised
    /// A learner has caught up.
    case learnerReady
    /// An older build made it, and it speaks without TLS.
    case withoutTLS
    /// etcd lets others do more, or a party less, than it should.
    case accessDiffers(String)
    /// The store is full.
    case storeFull
    /// An extension is missing or at another version.
    case extensionDiffers(name: String, wanted: String?)
    /// A migration has not been applied.
    case migrationPending(String)
    /// A role is missing or differs.
    case roleDiffers(RoleName, [String])
    /// A role's password is not the secret's.
    case passwordDiffers(RoleName)
    /// The database is missing.
    case databaseMissing(DatabaseName)
    /// A database differs.
    case databaseDiffers(DatabaseName, [String])
    /// The manifest names it `ensure: absent`.
    case declaredAbsent
    /// The stanza does not exist in the repository.
    case stanzaMissing(String)
    /// There is no backup yet.
    case firstBackup
    /// Somebody asked for it.
    case requested(String)
    /// A drill or a verification has ended, and that is worth keeping.
    case ended(String)
    /// It failed and is tried again.
    case retried(String)
    /// A certificate or an authority ends at this time.
    case endsSoon(String)
    /// A certificate was signed by another authority than the current one.
    case signedBefore
    /// A server is called by other names than those in its certificate.
    case hostsDiffer([String])
    /// All parties that there were had the authority's key.
    case sharedAuthority
    /// Every party that runs trusts the next authority.
    case trustedEverywhere
    /// No certificate is in use that the previous authority has signed.
    case signsNothing
    /// Data was restored up to here, and the cluster changes over to it.
    case restored(String)

    /// One setting, wanted and seen.
    public struct Difference: Sendable, Hashable {
        /// The setting in the manifest's words.
        public var setting: String
        /// What is there.
        public var actual: String
        /// What is wanted.
        public var desired: String
        /// A difference.
        public init(_ setting: String, actual: String, desired: String) {
            self.setting = setting
            self.actual = actual
            self.desired = desired
        }
    }

    /// The reason in words.
    public var sentence: String {
        switch self {
        case .missing: "the manifest asks for it and it does not exist"
        case .readyToStart: "it is created and complete"
        case .settingsDiffer(let differences):
            "settings differ: "
                + differences.map { "\($0.setting) \($0.actual) → \($0.desired)" }.joined(separator: ", ")
        case .filesMissing(let paths): "files are missing: \(paths.joined(separator: ", "))"
        case .filesDiffer(let paths): "files differ from the manifest: \(paths.joined(separator: ", "))"
        case .stopped(let code, let outOfMemory):
            "it is stopped, exit code \(code)" + (outOfMemory ? ", out of memory" : "")
        case .paused: "it is paused"
        case .disconnected(let network): "it is not connected to \(network)"
        case .notForIt(let network): "\(network) is not for it"
        case .renamed(let name): "it was renamed to \(name)"
        case .surplus: "the manifest does not ask for it any more"
        case .obsolete: "it has to be made anew and is stopped"
        case .imageMissing(let reference): "the image \(reference) is not on the engine"
        case .wake(let what): "\(what), so it need not wait for its next look"
        case .configurationDiffers(let names):
            "the dynamic configuration differs from the manifest: \(names.joined(separator: ", "))"
        case .localConfigurationDiffers(let names):
            "the nodes' own files are to hold other values: \(names.joined(separator: ", "))"
        case .restartPending(let names): "parameters wait for a restart: \(names.joined(separator: ", "))"
        case .handOver(let why): "the primary hands over first: \(why)"
        case .switchover(let what): what
        case .leaderDead(let node, let code):
            "the leader \(node) is proven dead, " + (code.map { "exit code \($0)" } ?? "its container was removed")
        case .leaderHung(let node): "the leader \(node) neither answers nor renews its lease"
        case .memberLost(let name): "the data of etcd member \(name) is lost"
        case .unknownToStore: "etcd does not know the cluster that the nodes hold"
        case .halfInitialised: "the initialisation was cut off"
        case .learnerReady: "the learner has caught up"
        case .accessDiffers(let what): what
        case .withoutTLS: "an older build made it, and it is reached without TLS"
        case .storeFull: "etcd's store is full"
        case .extensionDiffers(let name, let wanted):
            "extension \(name) is missing or not at \(wanted ?? "the image's version")"
        case .migrationPending(let name): "migration \(name) has not been applied"
        case .roleDiffers(let role, let what): "role \(role) differs: \(what.joined(separator: ", "))"
        case .passwordDiffers(let role): "the password of role \(role) is not the one we hold"
        case .databaseMissing(let name): "database \(name) does not exist"
        case .databaseDiffers(let name, let what): "database \(name) differs: \(what.joined(separator: ", "))"
        case .declaredAbsent: "the manifest says `ensure: absent`, and nothing holds on to it"
        case .stanzaMissing(let name): "stanza \(name) does not exist in the repository"
        case .firstBackup: "there is no backup yet"
        case .requested(let what): "requested: \(what)"
        case .ended(let what): "a \(what) has ended"
        case .retried(let why): "it failed and is tried again: \(why)"
        case .endsSoon(let end): "it ends on \(end)"
        case .signedBefore: "the previous authority signed it"
        case .hostsDiffer(let hosts): "clients call the server \(hosts.joined(separator: ", "))"
        case .sharedAuthority: "an older build made it, and its key was in every container"
        case .trustedEverywhere: "every party that runs trusts the next authority"
        case .signsNothing: "no certificate in use was signed by the previous authority"
        case .restored(let target): "data was restored to \(target), and the cluster changes over to it"
        }
    }
}
