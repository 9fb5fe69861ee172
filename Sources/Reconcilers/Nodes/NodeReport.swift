import Model

/// The conditions of the nodes, from the same groups that the actions come from.
enum NodeReport {
    static func add(_ roster: Roster, to proposal: inout Proposal) {
        primary(roster, to: &proposal)
        replicas(roster, to: &proposal)
        synchronous(roster, to: &proposal)
        history(roster, to: &proposal)
        troubles(roster, to: &proposal)
        Rollout.report(roster, to: &proposal)
        maintenance(roster, to: &proposal)
        majors(roster, to: &proposal)
        if roster.isPaused {
            proposal.conditions.append(
                Condition(
                    .paused, .true, reason: "PatroniPaused",
                    message:
                        "Patroni is paused; nothing fails over and nothing is interrupted until `patronictl resume`",
                    subject: .leadership))
        }
    }

    /// Which nodes are left alone since when, by whom and why, and what waits for the end of it.
    private static func maintenance(_ roster: Roster, to proposal: inout Proposal) {
        for node in roster.nodes + roster.surplus where node.isHeld {
            let pause = roster.site.scene.pauses.first { $0.node == node.name }
            let isInManifest = roster.site.cluster.nodes.maintenance.contains(node.name)
            let causes =
                (isInManifest ? ["spec.nodes.maintenance names it"] : []) + (pause.map { ["paused \($0.text)"] } ?? [])
            let due = Rolling.why(node, roster).map { "; not done meanwhile, because of that: \($0.sentence)" } ?? ""
            proposal.conditions.append(
                Condition(
                    .paused, .true, reason: isInManifest ? "Maintenance" : "ByCommand",
                    message:
                        "\(node.name) is in maintenance (\(causes.joined(separator: "; "))): its container is left "
                        + "alone, and it is not counted upon\(due)", subject: .node(node.name)))
        }
    }

    private static let upgrade = Lasting.upgrade.prefix(1).uppercased() + Lasting.upgrade.dropFirst()

    /// Data and images of another major version: neither is touched, or run.
    private static func majors(_ roster: Roster, to proposal: inout Proposal) {
        let wanted = roster.site.cluster.postgres.version
        for node in roster.nodes {
            guard case .data(_, let data?) = Holding(node.name, at: roster.site), data.majorVersion != wanted else {
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
        guard let major = roster.site.strangeMajor else { return }
        let image = roster.site.cluster.nodes.image
        proposal.conditions.append(
            Condition(
                .unsupportedChange, .true, reason: "MajorVersion",
                message:
                    "image \(image) holds PostgreSQL \(major), and the manifest asks for \(wanted); no node is made "
                    + "from it. Write another image into spec.nodes.image. "
                    + "\(upgrade)",
                subject: .image(roster.site.engineID, image)))
    }

    private static func primary(_ roster: Roster, to proposal: inout Proposal) {
        if let leader = roster.leader, leader.isServing {
            let isStandby = roster.isStandby(leader)
            proposal.conditions.append(
                Condition(
                    .primaryAvailable, isStandby ? .false : .true, reason: isStandby ? "TakesNoWrites" : "Serving",
                    message: isStandby
                        ? "Patroni calls \(leader.name) the primary, and its PostgreSQL says that it is a standby"
                        : "\(leader.name) is the primary", subject: .leadership))
            if isStandby { proposal.wait(for: "\(leader.name) to take writes", lookAgain: .milliseconds(150)) }
            return
        }
        let isUnknown = roster.dcs == nil
        proposal.conditions.append(
            Condition(
                .primaryAvailable, isUnknown ? .unknown : .false, reason: isUnknown ? "StoreUnseen" : "NoPrimary",
                message: isUnknown
                    ? "etcd cannot be read"
                    : roster.dcs?.leader.map { "\($0.node) holds the leader key and does not serve" }
                        ?? "no node leads" + tooFarBehind(roster),
                subject: .leadership))
        // whoever works at it knows, and Patroni decides in its own time
        let isAwaited = roster.leader?.isHeld == true
        proposal.wait(for: "a primary", lookAgain: isAwaited ? .seconds(1) : .milliseconds(150))
    }

    /// Why Patroni elects none of the nodes that run, and who decides then.
    private static func tooFarBehind(_ roster: Roster) -> String {
        let late = roster.nodes.filter { $0.isUp && roster.isTooFarBehind($0) }
        guard !late.isEmpty, roster.candidates(besides: "").isEmpty, let limit = roster.dcs?.maximumLag else {
            return ""
        }
        let words = late.map { node in
            "\(node.name) lacks \(ByteCount(bytes: roster.missingBytes(node) ?? 0)) of what the last primary wrote"
        }
        return ": \(words.joined(separator: ", ")), and Patroni elects none that lacks more than "
            + "\(ByteCount(bytes: limit)) (patroni.maximumLagOnFailover). The last primary leads again as soon as it runs"
    }

    private static func replicas(_ roster: Roster, to proposal: inout Proposal) {
        let followers = roster.nodes.filter { !$0.isLeader }
        let streaming = roster.streaming
        let isComplete = roster.leader != nil && streaming.count == roster.nodes.count - 1
        let late = followers.filter { !$0.isStreaming }.map(\.name.text).joined(separator: ", ")
        if roster.nodes.count > 1 {
            proposal.conditions.append(
                Condition(
                    .replicasStreaming, isComplete ? .true : .false,
                    reason: isComplete ? "AllStreaming" : "NotStreaming",
                    message: "\(streaming.count) of \(roster.nodes.count - 1) replicas stream"
                        + (late.isEmpty ? "" : "; not yet: \(late)"), subject: .leadership))
        }
        for node in followers where !node.isStreaming && !node.isHeld {
            proposal.wait(for: "\(node.name) to stream", lookAgain: .milliseconds(250))
        }
    }

    private static func synchronous(_ roster: Roster, to proposal: inout Proposal) {
        guard roster.isSynchronous, roster.nodes.count > 1 else { return }
        let streaming = roster.streaming
        let standbys = roster.dcs?.synchronous?.standbys.filter { name in streaming.contains { $0.name == name } } ?? []
        let wanted = min(roster.site.cluster.postgres.synchronous.number, roster.nodes.count - 1)
        let isSet = standbys.count >= wanted
        let names = standbys.map(\.text).joined(separator: ", ")
        proposal.conditions.append(
            Condition(
                .synchronousStandby, isSet ? .true : .false, reason: isSet ? "Set" : "Missing",
                message: isSet
                    ? "commits wait for \(names)"
                    : "\(standbys.count) of \(wanted) synchronous standbys are set"
                        + (roster.site.cluster.postgres.synchronous.mode == .strict ? "; writes wait for one" : ""),
                subject: .leadership))
        let isAwaited = roster.nodes.contains(where: \.isHeld)
        if !isSet {
            proposal.wait(for: "a synchronous standby", lookAgain: isAwaited ? .seconds(1) : .milliseconds(250))
        }
    }

    private static func history(_ roster: Roster, to proposal: inout Proposal) {
        switch roster.history {
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
            for node in roster.nodes {
                guard case .data(let own, _) = Holding(node.name, at: roster.site), own != identifier else { continue }
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
