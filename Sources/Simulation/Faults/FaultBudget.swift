internal import Model

/// What faults may never do. It is the written form of what the controller promises: whatever else happens, it
/// loses nothing that was acknowledged, and it ends in the wanted state.
package enum FaultBudget {
    /// Whether a fault leaves enough to recover from.
    package static func allows(_ fault: Fault, in universe: Universe) -> Bool {
        switch fault {
        case .wipe(let target), .lose(let target):
            guard let index = universe.place(of: target) else { return false }
            return universe.engine.containers[index].component == .etcd
                ? keepsStore(without: index, in: universe) : keepsData(without: index, in: universe)
        case .swap(let target):
            guard let index = universe.place(of: target) else { return false }
            return keepsData(without: index, in: universe)
        case .loseStore: return keepsPromises(in: universe)
        case .shyAway(let target):
            // only beside a primary that leads: where no node with the newest data is willing to, a person is waited for
            guard let index = universe.place(of: target) else { return false }
            return universe.engine.containers.indices.contains { place in
                guard place != index, let node = universe.engine.containers[place].node else { return false }
                return node.isWritable && !node.isShy && universe.leads(place)
            }
        case .edit(.locale(let locale)) where locale != PostgresSettings().locale:
            return universe.store?.key(BootstrapRecord.key(of: universe.scope)) != nil
        case .edit(.nodePrefix(let prefix)) where prefix != NodeSettings().namePrefix:
            return universe.store?.key(BootstrapRecord.key(of: universe.scope)) != nil
        case .edit(.storeMembers), .edit(.nodes): return universe.store?.isAvailable == true
        case .kill, .exit, .pause, .unpause, .stop, .remove, .rename, .killAll, .removeAll, .disconnect, .attach,
            .removeNetwork, .silenceEngine, .slowEngine, .slowEffects, .deafen, .hang, .crashServer, .delayWAL,
            .editConfiguration,
            .pausePatroni,
            .hold, .letGo, .restart, .squatVolume, .squatNetwork, .switchOver, .requestSwitchover, .openTransaction,
            .quietClients, .spoilSwitchover, .dropExtension, .spoilRole,
            .promoteRole, .dropRole, .closeDatabase, .dropDatabase, .disownDatabase, .connect, .editFile, .changeLimits,
            .usurp, .takePort, .fillStore, .leaveFree,
            .removeImage, .jumpClock, .ageCertificates, .rotateAuthority, .forgetTLS, .spoilAccess, .edit:
            return true
        }
    }

    /// A node's data may go only while another node takes writes, leads, and holds every acknowledged commit.
    private static func keepsData(without index: Int, in universe: Universe) -> Bool {
        guard universe.engine.containers[index].component == .node else { return true }
        guard
            let primary = universe.engine.containers.indices.first(where: { place in
                place != index && universe.engine.containers[place].node?.isWritable == true && universe.leads(place)
            }), let directory = universe.directory(of: primary)
        else { return false }
        return universe.client.acknowledged.allSatisfy { directory.contains($0) }
    }

    /// With the store goes the knowledge who may lead and which cluster is ours: then the primary must be there, nobody
    /// may lag behind it, and no node's volume may hold another cluster's data. A person who paused Patroni is at work.
    private static func keepsPromises(in universe: Universe) -> Bool {
        if case .json(let json)? = universe.store?.key(universe.prefix + "config")?.value, json["pause"]?.bool == true {
            return false
        }
        let identifiers = universe.engine.containers.indices.compactMap { index in
            universe.directory(of: index)?.systemIdentifier
        }
        guard Set(identifiers).count < 2 else { return false }
        let primary = universe.engine.containers.indices.first { index in
            universe.engine.containers[index].node?.isWritable == true && universe.leads(index)
        }
        guard primary != nil else { return false }
        return universe.engine.containers.allSatisfy { $0.node.map { $0.lagsUntil <= universe.now } ?? true }
    }

    /// A member's data may go only while a majority of the voters keeps theirs, and a quorum is there now.
    private static func keepsStore(without index: Int, in universe: Universe) -> Bool {
        guard let store = universe.store, store.isAvailable,
            case .etcd(let data)? = universe.engine.content(of: universe.engine.containers[index].dataVolume)
        else { return false }
        let holders = store.voters.filter { voter in
            voter.id != data.memberID && universe.isServing(voter.id)
        }
        return holders.count * 2 > store.voters.count
    }
}
