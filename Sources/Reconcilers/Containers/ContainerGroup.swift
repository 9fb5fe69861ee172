import Model

/// Every wanted container is in exactly one of these groups; the first that matches wins, in this order.
enum ContainerGroup {
    /// Nothing of ours and nothing of that name.
    case missing
    /// Somebody else's container has the name.
    case foreign(ContainerView)
    /// Docker is removing it; wait.
    case removing(ContainerView)
    /// Ours, under another name.
    case renamed(ContainerView)
    /// It must be made anew: Docker cannot change these settings.
    case outdated(ContainerView, [Reason.Difference])
    /// Frozen.
    case paused(ContainerView)
    /// Docker is restarting it; wait.
    case restarting(ContainerView)
    /// Docker can change these settings while it runs.
    case adjustable(ContainerView, [Reason.Difference])
    /// It has no endpoint on the first of its networks.
    case disconnected(ContainerView)
    /// Its files could not be read; wait.
    case unread(ContainerView)
    /// Its files are not as wanted.
    case misfiled(ContainerView, [FileSpec])
    /// Complete, and not running.
    case startable(ContainerView)
    /// Complete and running.
    case running(ContainerView)
}

extension ContainerView {
    /// Whether it has an endpoint on a network, or will have one when it starts: Docker shows a container that never ran
    /// the network's name without its ID.
    func isAttached(to network: NetworkView) -> Bool {
        attachments.contains { attachment in
            attachment.network == network.id
                || attachment.network.text.isEmpty && !state.isAlive && attachment.networkName == network.name
        }
    }
}

extension ContainerSpec {
    /// Puts the wanted container into its group.
    func group(at scope: EngineScope) -> ContainerGroup {
        guard let seen = scope.container(name) else {
            if let other = scope.engine.container(name) { return .foreign(other) }
            return .missing
        }
        switch seen.state {
        case .removing, .dead: return .removing(seen)
        case .created, .running, .paused, .restarting, .exited: break
        }
        if seen.name != name { return .renamed(seen) }
        // what keeps a living one from doing its part comes before what is to change about it: a change may have to
        // wait for all others to be well
        switch seen.state {
        case .paused: return .paused(seen)
        case .restarting: return .restarting(seen)
        case .running:
            if isCutOff(seen, at: scope) { return .disconnected(seen) }
        case .created, .exited, .removing, .dead: break
        }
        if !seen.state.isAlive, let lost = lostNetwork(of: seen, at: scope) {
            return .outdated(seen, [.init("network", actual: "\(lost), which is gone", desired: "without it")])
        }
        let fixed = differences(from: seen, recreating: true)
        if !fixed.isEmpty { return .outdated(seen, fixed) }
        let live = differences(from: seen, recreating: false)
        if !live.isEmpty { return .adjustable(seen, live) }
        if isCutOff(seen, at: scope) { return .disconnected(seen) }
        switch wrongFiles(in: seen, secrets: scope.input.observation.secrets) {
        case .present(let wrong) where !wrong.isEmpty:
            guard !seen.takesFiles else { return .misfiled(seen, wrong) }
            // a new one takes them before its first start
            let paths = wrong.map(\.path).joined(separator: " ")
            return .outdated(seen, [.init("files", actual: "others", desired: paths)])
        case .unknown, .absent: return .unread(seen)
        case .present: return seen.state.isRunning ? .running(seen) : .startable(seen)
        }
    }

    /// A network that is gone, and that a container which does not run is still to be attached to. Docker refuses to start it
    /// then; only a new container gets rid of that. The first of its networks is waited for, because it is made again.
    private func lostNetwork(of seen: ContainerView, at scope: EngineScope) -> NetworkName? {
        seen.attachments.first { attachment in
            let name = attachment.networkName
            guard name != networks.first else { return false }
            // one of ours is connected again where it is there
            if networks.contains(name) { return scope.network(name) == nil }
            return !scope.engine.networks.contains {
                attachment.network.text.isEmpty ? $0.name == name : $0.id == attachment.network
            }
        }?.networkName
    }

    /// Whether it has no endpoint on the first of its networks, which is there.
    private func isCutOff(_ seen: ContainerView, at scope: EngineScope) -> Bool {
        guard let network = networks.first.flatMap({ scope.network($0) }) else { return false }
        return !seen.isAttached(to: network)
    }

    /// The names that it has in a network's DNS, its own first.
    func names(in network: NetworkName) -> [ContainerName] { [name] + (network == networks.first ? aliases : []) }

    /// Settings that differ: those that need a new container, or those that Docker changes in place.
    func differences(from seen: ContainerView, recreating: Bool) -> [Reason.Difference] {
        var found: [Reason.Difference] = []
        func compare<Value: Equatable>(_ name: String, _ actual: Value, _ desired: Value, _ text: (Value) -> String) {
            if actual != desired { found.append(.init(name, actual: text(actual), desired: text(desired))) }
        }
        let actual = seen.settings
        guard recreating else {
            compare("memory", actual.memory, settings.memory) { ByteCount(bytes: $0).description }
            compare("CPU", actual.milliCPUs, settings.milliCPUs) { "\($0)m" }
            compare("restart policy", actual.restartPolicy, settings.restartPolicy) { $0 }
            compare("pids", actual.pidsLimit, settings.pidsLimit) { "\($0)" }
            return found
        }
        compare("image", seen.image, image) { $0.text }
        compare("shared memory", actual.sharedMemory, settings.sharedMemory) { ByteCount(bytes: $0).description }
        compare("ports", actual.ports, settings.ports) { list in
            list.map { "\($0.hostAddress):\($0.hostPort)→\($0.containerPort)" }.joined(separator: " ")
        }
        compare("volumes", actual.mounts, settings.mounts) { list in
            list.map { "\($0.volume):\($0.destination)\($0.isWritable ? "" : ":ro")" }.joined(separator: " ")
        }
        compare("other mounts", actual.foreignMounts, settings.foreignMounts) { $0.joined(separator: " ") }
        compare("other options", actual.foreignOptions, settings.foreignOptions) { $0.joined(separator: " ") }
        compare("names without a dot", actual.asksOutsideForPlainNames, settings.asksOutsideForPlainNames) {
            $0 ? "asked for outside Docker" : "Docker's own"
        }
        if !settings.user.isEmpty { compare("user", actual.user, settings.user) { $0 } }
        compare("core dumps", actual.mayDumpCore, settings.mayDumpCore) { $0 ? "allowed" : "none" }
        compare("environment", actual.environment, settings.environment) { list in
            // only the names: a value may be a secret
            list.map { String($0.prefix { $0 != "=" }) }.joined(separator: " ")
        }
        compare("stop timeout", actual.stopTimeoutSeconds, settings.stopTimeoutSeconds) { "\($0)s" }
        compare("privileged", actual.isPrivileged, settings.isPrivileged) { "\($0)" }
        compare("drops all capabilities", actual.dropsAllCapabilities, settings.dropsAllCapabilities) { "\($0)" }
        compare("added capabilities", actual.addedCapabilities, settings.addedCapabilities) {
            $0.joined(separator: " ")
        }
        compare("may gain privileges", actual.mayGainPrivileges, settings.mayGainPrivileges) { "\($0)" }
        // Docker gives an endpoint its names when it makes it
        if let endpoint = seen.attachments.first(where: { $0.networkName == networks.first }) {
            let missing = aliases.filter { !endpoint.aliases.contains($0) }
            if !missing.isEmpty {
                found.append(.init("names", actual: "not all", desired: missing.map(\.text).joined(separator: " ")))
            }
        }
        for label in labels where seen.labels.value(of: label.key) != label.value {
            found.append(.init(label.key, actual: seen.labels.value(of: label.key) ?? "none", desired: label.value))
        }
        return found
    }

    /// Files that are missing, edited, or written from another template.
    func wrongFiles(in seen: ContainerView, secrets: [SecretView]) -> Sighting<[FileSpec]> {
        if files.isEmpty { return .present([]) }
        return seen.files.map { views in
            files.filter { file in
                views.first { $0.path == file.path }?.content
                    != .asWritten(template: file.identity.digest(secrets: secrets))
            }
        }
    }
}
