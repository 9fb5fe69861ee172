package import Model

/// What a node's Patroni and PostgreSQL answer to the controller.
extension Universe {
    /// Performs one request to a node's Patroni.
    package mutating func perform(_ effect: PatroniEffect, on name: NodeName) -> Outcome {
        guard let index = index(of: name), isReachable(index), let node = engine.containers[index].node,
            node.awakeAt <= now
        else { return .refused(Refusal(.unavailable, "connection refused")) }
        guard node.answers(at: now) else { return .uncertain("no answer in time") }
        switch effect {
        case .wake:
            guard storeReachable(from: index) else { return .refused(Refusal(.unavailable, "503")) }
            engine.containers[index].node?.nextLoop = now + .milliseconds(5)
            return .done("200")
        case .patchConfiguration(let patch): return patchConfiguration(patch, from: index)
        case .reload:
            guard let file = engine.containers[index].files.first(where: { $0.path.hasSuffix("patroni.yml") }) else {
                return .refused(Refusal(.invalid, "500 no configuration"))
            }
            engine.containers[index].node?.read(file)
            readIdentity(index)
            engine.containers[index].node?.nextLoop = now + .milliseconds(5)
            return .done("202")
        case .restart(let startedAt):
            if let startedAt, node.startedAt != startedAt { return .done("it was started anew meanwhile") }
            guard node.job == nil, node.server == .primary || node.server == .replica else {
                return .refused(Refusal(.unavailable, "503 \(node.server)"))
            }
            engine.containers[index].node?.server = .stopped
            begin(.restarting(wasPrimary: node.server == .primary), on: index, within: 800...2500)
            note("\(name) restarts PostgreSQL")
            return .done("202")
        case .switchover(let from, let to): return switchOver(from: from, to: to, at: index)
        }
    }

    /// Whether Patroni restarts a node's PostgreSQL; in a container that has ended nothing is under way.
    package func isRestarting(_ name: NodeName) -> Bool {
        guard let index = index(of: name), engine.containers[index].state.isRunning,
            case .restarting = engine.containers[index].node?.job
        else { return false }
        return true
    }

    private mutating func patchConfiguration(_ patch: JSONValue, from index: Int) -> Outcome {
        guard storeReachable(from: index), store?.isFull == false else {
            return .refused(Refusal(.unavailable, "503"))
        }
        guard case .json(let current)? = store?.key(prefix + "config")?.value else {
            return .refused(Refusal(.unavailable, "503 no configuration"))
        }
        store?.put(prefix + "config", .json(current.merged(with: patch)))
        for place in engine.containers.indices {
            guard engine.containers[place].node?.isHung == false else { continue }
            let soon = now + draw(10...100)
            engine.containers[place].node?.nextLoop = soon
        }
        return .done("200")
    }

    private mutating func switchOver(from: NodeName, to: NodeName?, at index: Int) -> Outcome {
        guard leads(index), let node = engine.containers[index].node, node.name == from, node.server == .primary,
            node.job == nil
        else { return .refused(Refusal(.conflict, "412 leader name does not match")) }
        let ready = engine.containers.indices.compactMap { place -> NodeName? in
            guard let name = engine.containers[place].node?.name, isStreaming(place, from: index) else { return nil }
            // asked after the request is written, which the primary then takes back (`process_manual_failover_from_leader`)
            return shows("nofailover", name) || isLagging(place) ? nil : name
        }
        if node.isPaused, to == nil {
            return .refused(Refusal(.invalid, "400 possible only to a specific candidate in a paused state"))
        }
        guard to.map({ ready.contains($0) }) ?? !ready.isEmpty else {
            return .refused(Refusal(.conflict, "412 candidate does not exist"))
        }
        if node.isSynchronous {
            guard case .synchronous(let key)? = store?.key(prefix + "sync")?.value else {
                return .refused(Refusal(.conflict, "412 can not find sync_standby"))
            }
            let voters = ready.filter { key.standbys.contains($0) }
            // without a name, enough voters have to stream: then one of them has confirmed the last commit
            let needed = node.isQuorum ? max(0, key.standbys.count - max(1, node.synchronousCount)) : 0
            guard to.map({ voters.contains($0) }) ?? (voters.count > needed) else {
                return .refused(Refusal(.conflict, "412 candidate name does not match with sync_standby"))
            }
        }
        let request = request(from: from, to: to)
        if store?.isFull == false { store?.put(prefix + "failover", request) }
        engine.containers[index].node?.handsOver = Handover(to: to)
        engine.containers[index].node?.nextLoop = now + .milliseconds(20)
        return .done("200")
    }
}

extension Universe {
    /// What Patroni's `failover` key holds while a switchover is under way.
    func request(from: NodeName, to: NodeName?) -> StoreValue {
        to.map { .text($0.text) } ?? .json(.object([("leader", .string(from.text))]))
    }

    /// The same, read.
    static func handover(_ value: StoreValue) -> Handover? {
        switch value {
        case .text(let name): Handover(to: NodeName(name))
        case .json: Handover(to: nil)
        case .member, .synchronous: nil
        }
    }
}

extension JSONValue {
    /// The document after Patroni's PATCH: members are replaced, null removes, objects merge.
    package func merged(with patch: JSONValue) -> JSONValue {
        guard case .members(let changes) = patch else { return patch }
        guard case .members(var members) = self else { return JSONValue.members([]).merged(with: patch) }
        for change in changes {
            let place = members.firstIndex { $0.name == change.name }
            if case .null = change.value {
                if let place { members.remove(at: place) }
            } else if let place {
                members[place].value = members[place].value.merged(with: change.value)
            } else {
                members.append(Member(change.name, JSONValue.null.merged(with: change.value)))
            }
        }
        return .members(members.sorted { $0.name < $1.name })
    }
}
