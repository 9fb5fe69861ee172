import Model

/// The conditions of the nodes, from the same groups that the actions come from.
enum NodeReport {
    static func add(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        primary(nodeSet, to: &proposal)
        replicas(nodeSet, to: &proposal)
        synchronous(nodeSet, to: &proposal)
        history(nodeSet, to: &proposal)
        troubles(nodeSet, to: &proposal)
        RolloutHealth.report(nodeSet, to: &proposal)
        maintenance(nodeSet, to: &proposal)
        majors(nodeSet, to: &proposal)
        if nodeSet.isPaused {
            proposal.conditions.append(
                Condition(
                    .paused, .true, reason: "PatroniPaused",
                    message:
                        "Patroni is paused; nothing fails over and nothing is interrupted until `patronictl resume`",
                    subject: .leadership))
        }
    }

    /// Which nodes are left alone since when, by whom and why, and what waits for the end of it.
    private static func maintenance(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        for node in nodeSet.nodes + nodeSet.surplus where node.isInMaintenance {
            let pause = nodeSet.scope.input.pauses.first { $0.node == node.name }
            let isInManifest = nodeSet.scope.cluster.nodes.maintenance.contains(node.name)
            let causes =
                (isInManifest ? ["spec.nodes.maintenance names it"] : []) + (pause.map { ["paused \($0.text)"] } ?? [])
            let due =
                RollingUpdate.why(node, nodeSet).map { "; not done meanwhile, because of that: \($0.sentence)" } ?? ""
            proposal.conditions.append(
                Condition(
                    .paused, .true, reason: isInManifest ? "Maintenance" : "ByCommand",
                    message:
                        "\(node.name) is in maintenance (\(causes.joined(separator: "; "))): its container is left "
                        + "alone, and it is not counted upon\(due)", subject: .node(node.name)))
        }
    }

    private static let upgrade = ImmutableFields.upgrade.prefix(1).uppercased() + ImmutableFields.upgrade.dropFirst()

    /// Data and images of another major version: neither is touched, or run.
    private static func majors(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        let wanted = nodeSet.scope.cluster.postgres.version
        for node in nodeSet.nodes {
            guard case .data(_, let data?) = DataContent(node.name, at: nodeSet.scope), data.majorVersion != wanted
            else {
                continue
            }
            proposal.conditions.append(
                Condition(
                    .unsupportedChange, .true, reason: "MajorVersion",
                    message:
                        "the data of \(node.name) belongs to PostgreSQL \(data.majorVersion), and the manifest asks "
                        + "for \(wanted); it is neither started nor touched. "
                        + "\(upgrade)",
                    subject: .node(node.name)))
        }
        guard let major = nodeSet.scope.strangeMajor else { return }
        let image = nodeSet.scope.cluster.nodes.image
        proposal.conditions.append(
            Condition(
                .unsupportedChange, .true, reason: "MajorVersion",
                message:
                    "image \(image) holds PostgreSQL \(major), and the manifest asks for \(wanted); no node is made "
                    + "from it. Write another image into spec.nodes.image. "
                    + "\(upgrade)",
                subject: .image(nodeSet.scope.engineID, image)))
    }

    private static func primary(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        if let leader = nodeSet.leader, leader.isServing {
            let isStandby = nodeSet.isStandby(leader)
            proposal.conditions.append(
                Condition(
                    .primaryAvailable, isStandby ? .false : .true, reason: isStandby ? "TakesNoWrites" : "Serving",
                    message: isStandby
                        ? "Patroni calls \(leader.name) the primary, and its PostgreSQL says that it is a standby"
                        : "\(leader.name) is the primary", subject: .leadership))
            if isStandby { proposal.wait(for: "\(leader.name) to take writes", lookAgain: .milliseconds(150)) }
            return
        }
        let isUnknown = nodeSet.dcs == nil
        proposal.conditions.append(
            Condition(
                .primaryAvailable, isUnknown ? .unknown : .false, reason: isUnknown ? "StoreUnseen" : "NoPrimary",
                message: isUnknown
                    ? "etcd cannot be read"
                    : nodeSet.dcs?.leader.map { "\($0.node) holds the leader key and does not serve" }
                        ?? "no node leads" + tooFarBehind(nodeSet),
                subject: .leadership))
        // the person who works at it knows, and Patroni decides in its own time
        let isAwaited = nodeSet.leader?.isInMaintenance == true
        proposal.wait(for: "a primary", lookAgain: isAwaited ? .seconds(1) : .milliseconds(150))
    }

    /// Why Patroni elects none of the nodes that run, and who decides then.
    private static func tooFarBehind(_ nodeSet: NodeSet) -> String {
        let late = nodeSet.nodes.filter { $0.isUp && nodeSet.isTooFarBehind($0) }
        guard !late.isEmpty, nodeSet.candidates(besides: "").isEmpty, let limit = nodeSet.dcs?.maximumLag else {
            return ""
        }
        let words = late.map { node in
            "\(node.name) lacks \(ByteCount(bytes: nodeSet.missingBytes(node) ?? 0)) of what the last primary wrote"
        }
        return ": \(words.joined(separator: ", ")), and Patroni elects none that lacks more than "
            + "\(ByteCount(bytes: limit)) (patroni.maximumLagOnFailover). "
            + (unnamed(nodeSet) ?? "The last primary leads again as soon as it runs")
    }

    /// A node whose container is gone, that the manifest does not name any more, and whose data is there.
    private static func unnamed(_ nodeSet: NodeSet) -> String? {
        let scope = nodeSet.scope
        let nodes = nodeSet.nodes + nodeSet.surplus
        guard nodes.allSatisfy({ $0.container?.state.isAlive == true }) else { return nil }
        let known = nodes.map(\.name.text)
        let names = scope.engine.volumes.compactMap { volume -> String? in
            guard scope.owns(volume.labels), volume.labels.value(of: Label.component) == Component.node.rawValue,
                let name = volume.labels.value(of: Label.name), !known.contains(name)
            else { return nil }
            return name
        }
        guard let name = names.sorted().first else { return nil }
        return
            "The container of \(name) is gone, its data is in volume \(scope.volumeName(of: name)), and the manifest does "
            + "not name it: raise spec.nodes.count until it is named, and lower it again when a node leads"
    }

    private static func replicas(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        let followers = nodeSet.nodes.filter { !$0.isLeader }
        let streaming = nodeSet.streaming
        let isComplete = nodeSet.leader != nil && streaming.count == nodeSet.nodes.count - 1
        let late = followers.filter { !$0.isStreaming }.map(\.name.text).joined(separator: ", ")
        if nodeSet.nodes.count > 1 {
            proposal.conditions.append(
                Condition(
                    .replicasStreaming, isComplete ? .true : .false,
                    reason: isComplete ? "AllStreaming" : "NotStreaming",
                    message: "\(streaming.count) of \(nodeSet.nodes.count - 1) replicas stream"
                        + (late.isEmpty ? "" : "; not yet: \(late)"), subject: .leadership))
        }
        for node in followers where !node.isStreaming && !node.isInMaintenance {
            proposal.wait(for: "\(node.name) to stream", lookAgain: .milliseconds(250))
        }
    }

    private static func synchronous(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        guard nodeSet.isSynchronous, nodeSet.nodes.count > 1 else { return }
        let streaming = nodeSet.streaming
        let standbys =
            nodeSet.dcs?.synchronous?.standbys.filter { name in streaming.contains { $0.name == name } } ?? []
        let wanted = min(nodeSet.scope.cluster.postgres.synchronous.number, nodeSet.nodes.count - 1)
        let isSet = standbys.count >= wanted
        let names = standbys.map(\.text).joined(separator: ", ")
        proposal.conditions.append(
            Condition(
                .synchronousStandby, isSet ? .true : .false, reason: isSet ? "Set" : "Missing",
                message: isSet
                    ? "commits wait for \(names)"
                    : "\(standbys.count) of \(wanted) synchronous standbys are set"
                        + (nodeSet.scope.cluster.postgres.synchronous.mode == .strict ? "; writes wait for one" : ""),
                subject: .leadership))
        let isAwaited = nodeSet.nodes.contains(where: \.isInMaintenance)
        if !isSet {
            proposal.wait(for: "a synchronous standby", lookAgain: isAwaited ? .seconds(1) : .milliseconds(250))
        }
    }

    private static func history(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        switch nodeSet.history {
        case .dataLost(let evidence):
            proposal.conditions.append(
                Condition(
                    .dataLost, .true, reason: "NoCopyLeft",
                    message: "\(evidence), and no node volume holds any of its data. Nothing is started or created "
                        + "in its place. Put a data volume back, or restore from a backup (docs/recovery.md)"))
        case .contradictory(let identifiers):
            proposal.conditions.append(
                Condition(
                    .foreignData, .true, reason: "SeveralClusters",
                    message: "the node volumes hold data of several clusters (\(identifiers.joined(separator: ", "))) "
                        + "and etcd does not say which is this one; put the right volumes in their places"))
        case .born(let identifier):
            for node in nodeSet.nodes {
                guard case .data(let own, _) = DataContent(node.name, at: nodeSet.scope), own != identifier else {
                    continue
                }
                proposal.conditions.append(
                    Condition(
                        .foreignData, .true, reason: "OtherSystemIdentifier",
                        message: "the volume of \(node.name) holds the data of another cluster (\(own), ours is "
                            + "\(identifier)); it is not started and not touched. Put the right volume in its place",
                        subject: .node(node.name)))
            }
        case .unborn, .recovering, .forgotten, .unclear: break
        }
    }
}
