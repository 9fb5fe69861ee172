/// The closed list of what the controller can do to the world. Each is one request; none waits for something long.
public enum Effect: Sendable, Hashable {
    /// A request to a Docker Engine.
    case docker(EngineID, DockerEffect)
    /// A request to etcd.
    case etcd(EtcdEffect)
    /// A request to one node's Patroni.
    case patroni(NodeName, PatroniEffect)
    /// A statement on one node's PostgreSQL.
    case sql(NodeName, SQLEffect)
    /// A command on one pooler's admin console.
    case pooler(ContainerName, PoolerEffect)
    /// A change of the cluster's certificates in the state directory.
    case identity(IdentityEffect)
    /// A new record, in the state directory, of what the nodes' own files are to hold.
    case configureLocally(LocalConfiguration)
}

/// What can be asked of a Docker Engine; objects that exist are addressed by ID (volumes have only names).
public enum DockerEffect: Sendable, Hashable {
    /// `POST /networks/create` with CheckDuplicate.
    case createNetwork(NetworkSpec)
    /// `DELETE /networks/{id}`.
    case removeNetwork(NetworkID)
    /// `POST /networks/{id}/connect`, with the container's names in this network's DNS, its own name first.
    case connect(NetworkID, ContainerID, aliases: [ContainerName])
    /// `POST /networks/{id}/disconnect`.
    case disconnect(NetworkID, ContainerID)
    /// `POST /volumes/create`; the world reads the labels back, because Docker answers 201 for a foreign one too.
    case createVolume(VolumeSpec)
    /// `DELETE /volumes/{name}`.
    case removeVolume(VolumeName)
    /// `POST /containers/create`.
    case createContainer(ContainerSpec)
    /// `PUT /containers/{id}/archive`.
    case upload(ContainerID, [FileSpec])
    /// `POST /containers/{id}/start`.
    case start(ContainerID)
    /// `POST /containers/{id}/stop`: starts an orderly stop, which Docker ends with SIGKILL after the grace time; its end is
    /// observed. A node has `nodes.stopTimeout`, every other container what it was created with.
    case stop(ContainerID)
    /// `POST /containers/{id}/kill`.
    case kill(ContainerID)
    /// `POST /containers/{id}/kill?signal=SIGUSR2`: a node's first process stops PostgreSQL in order and at once, and ends
    /// with it; Patroni has no part in it, and the leader key stays (`deploy/images/postgres/node`).
    case shutdownPrimary(ContainerID)
    /// `POST /containers/{id}/unpause`.
    case unpause(ContainerID)
    /// `DELETE /containers/{id}`, never with its volumes.
    case remove(ContainerID)
    /// `POST /containers/{id}/rename`.
    case rename(ContainerID, ContainerName)
    /// `POST /containers/{id}/update`: limits and restart policy, without a restart.
    case update(ContainerID, ContainerSettings)
    /// Starts `POST /images/create`; the progress is observed.
    case pull(ImageReference)
    /// Starts a command inside a container; its end is observed.
    case run(ContainerID, arguments: [String])
}

/// What can be asked of etcd.
public enum EtcdEffect: Sendable, Hashable {
    /// One transaction: if the leader key is exactly this one, delete it and the member's key; then revoke the lease.
    /// With a candidate it also writes Patroni's `failover` key: the others then leave the election to that one. Without one it
    /// deletes that key, too: whom it names would lead without being compared with the others.
    case releaseLeader(prefix: String, LeaderKey, candidate: NodeName?)
    /// Adds a learner.
    case addLearner(peerURL: String)
    /// Promotes a learner.
    case promote(memberID: UInt64)
    /// Removes a member.
    case removeMember(memberID: UInt64)
    /// Tells the members where the peers of one reach it from now on.
    case movePeer(memberID: UInt64, peerURL: String)
    /// Makes a role, or gives it just these grants.
    case setRole(EtcdRole)
    /// Makes a user with a password from a secret and one role, or sets both.
    case setUser(String, SecretName, role: String)
    /// Removes a user.
    case removeUser(String)
    /// Sets the superuser's password from a secret, and switches authentication on.
    case enableAuthentication(SecretName)
    /// Compacts the history up to a revision.
    case compact(revision: Int64)
    /// Defragments one member.
    case defragment(ContainerName)
    /// Disarms an alarm.
    case disarm(EtcdAlarm)
    /// Writes a key only if it does not exist.
    case putIfAbsent(key: String, value: String)
    /// Replaces a key of the controller's own only if it still is at this revision.
    case replaceKey(key: String, value: String, modRevision: Int64)
    /// One transaction that turns Patroni to restored data: if the restore's record still is at this revision, replace
    /// it, delete what Patroni knew of the old data (who leads, who is synchronous, its timelines), and write the
    /// system identifier.
    case refound(prefix: String, systemIdentifier: String, key: String, value: String, modRevision: Int64)
    /// Deletes a key of the controller's own only if it still is at this revision.
    case deleteKey(key: String, modRevision: Int64)
}

/// What can be asked of a node's Patroni.
public enum PatroniEffect: Sendable, Hashable {
    /// A no-op `PATCH /config`: runs the HA loop now and writes nothing.
    case wake
    /// `PATCH /config` with these members.
    case patchConfiguration(JSONValue)
    /// `POST /reload`: reads its file again. To read another version of it is another request, and no repetition.
    case reload(version: String)
    /// `POST /restart`: restarts PostgreSQL, if parameters wait for it; with a time, the PostgreSQL that was started then,
    /// whatever waits for it. So none is restarted twice.
    case restart(startedAt: Timestamp? = nil)
    /// `POST /switchover`. Whom it names leads without being compared; without a name the others elect.
    case switchover(from: NodeName, to: NodeName?)
}

/// What can be asked of a node's PostgreSQL.
public enum SQLEffect: Sendable, Hashable {
    /// Statements in one implicit transaction.
    case script(DatabaseName, String)
    /// Starts a migration: the file and its record, in one transaction of a session of its own that this role has logged in
    /// to. That it runs, and how it ended, is observed.
    case migrate(DatabaseName, Migration, as: RoleName)
    /// Sets a role's password from a secret, as a verifier computed on our side.
    case setPassword(RoleName, SecretName)
    /// `DROP DATABASE`, which PostgreSQL refuses while anybody is connected.
    case dropDatabase(DatabaseName)
    /// `DROP ROLE`, which PostgreSQL refuses while it owns anything.
    case dropRole(RoleName)
    /// Writes and ships what a primary would at its orderly end, before clients wait for it: the rest of its WAL segment,
    /// and a `CHECKPOINT`, whose end is observed.
    case checkpoint
    /// Writes one record into the WAL (`pg_logical_emit_message`, not transactional, so that it waits for no standby).
    ///
    /// `pg_rewind` takes the source's insert position for the end of what the copy must replay to be consistent. After
    /// `archive_timeout` has switched the segment of a primary with nothing to do, that position is behind a page header
    /// where no record ends, and the copy waits for the next one before anybody may connect to it.
    case advanceWAL
}

/// What can be asked of a pooler.
public enum PoolerEffect: Sendable, Hashable {
    /// `RELOAD`: reads its file again; connections to nodes that are not in it any more end. To read another version of it
    /// is another request, and no repetition.
    case reload(version: String)
    /// `PAUSE`: clients wait, and server connections end as soon as their transactions have.
    case pause
    /// `RESUME`.
    case resume
}

/// What can be done with the cluster's authorities and certificates.
public enum IdentityEffect: Sendable, Hashable {
    /// The current authority signs a new certificate, for a new key.
    case issue(Principal)
    /// Makes an authority that signs nothing yet, so that everybody can trust it first.
    case addAuthority
    /// The next authority becomes the current one; the current one is trusted on.
    case adoptAuthority
    /// The previous authority is trusted no more.
    case dropAuthority
}

extension Effect {
    /// Whether it changes nothing and only lets others go on sooner: it is not told of, and its repetition is no struggle.
    public var isNudge: Bool {
        switch self {
        case .patroni(_, .wake), .sql(_, .advanceWAL): true
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: false
        }
    }

    /// Whether it may change which nodes live or who leads: never done beside the release of a leader key.
    public var concernsLeadership: Bool {
        switch self {
        case .docker(_, let effect): effect.concernsLeadership
        case .etcd(let effect):
            switch effect {
            case .releaseLeader, .refound, .putIfAbsent, .replaceKey, .deleteKey: true
            case .addLearner, .promote, .movePeer, .removeMember, .setRole, .setUser, .removeUser,
                .enableAuthentication, .compact, .defragment, .disarm:
                false
            }
        case .patroni(_, let effect):
            switch effect {
            case .restart, .switchover: true
            case .wake, .patchConfiguration, .reload: false
            }
        case .sql, .pooler, .identity, .configureLocally: false
        }
    }

    /// Whether guards judge it by a look of its own although it interrupts nothing: what it begins may cost data.
    public var needsFreshLook: Bool {
        switch self {
        case .docker(_, .start), .docker(_, .unpause): true
        case .docker(_, .createVolume(let spec)): spec.takesOver
        case .etcd(.deleteKey(let key, _)): key.hasSuffix("/initialize")
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: false
        }
    }

    /// Whether it interrupts something that runs; such an effect is performed alone and last.
    public var isDisruptive: Bool {
        switch self {
        case .docker(_, let effect): effect.isDisruptive
        case .etcd(let effect):
            switch effect {
            case .releaseLeader, .removeMember, .defragment, .refound: true
            case .addLearner, .promote, .movePeer, .setRole, .setUser, .removeUser, .enableAuthentication, .compact,
                .disarm, .putIfAbsent, .replaceKey, .deleteKey:
                false
            }
        case .patroni(_, let effect):
            switch effect {
            case .restart, .switchover: true
            case .wake, .patchConfiguration, .reload: false
            }
        case .sql(_, let effect):
            switch effect {
            case .dropDatabase, .dropRole: true
            case .script, .migrate, .setPassword, .checkpoint, .advanceWAL: false
            }
        case .pooler, .identity, .configureLocally: false
        }
    }
}

extension Effect {
    /// Whether it is part of a failover or a switchover, for which clients wait.
    public var isUrgent: Bool {
        switch self {
        case .etcd(.releaseLeader), .docker(_, .kill), .docker(_, .shutdownPrimary): true
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: false
        }
    }
}

extension DockerEffect {
    /// Whether it starts, stops, connects or removes a container.
    var concernsLeadership: Bool {
        switch self {
        case .start, .unpause, .stop, .kill, .shutdownPrimary, .connect, .disconnect, .remove, .rename: true
        case .createVolume(let spec): spec.takesOver
        case .createNetwork, .removeNetwork, .removeVolume, .createContainer, .upload, .update, .pull,
            .run:
            false
        }
    }

    /// Whether it interrupts something that runs or removes something.
    public var isDisruptive: Bool {
        switch self {
        case .removeNetwork, .disconnect, .removeVolume, .stop, .kill, .shutdownPrimary, .remove: true
        case .createNetwork, .connect, .createVolume, .createContainer, .upload, .start, .unpause, .rename, .update,
            .pull,
            .run:
            false
        }
    }
}
