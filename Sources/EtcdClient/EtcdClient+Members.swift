/// A member in the membership list.
public struct EtcdMember: Sendable, Hashable {
    /// Its ID.
    public let id: UInt64
    /// Its name; empty until it has started once.
    public let name: String
    /// Where its peers reach it.
    public let peerURLs: [String]
    /// Where clients reach it; empty until it has started once.
    public let clientURLs: [String]
    /// Whether it does not vote yet.
    public let isLearner: Bool

    init(_ fields: Fields) throws(EtcdError) {
        id = try fields.uint64("ID")
        name = try fields.string("name")
        peerURLs = try fields.strings("peerURLs")
        clientURLs = try fields.strings("clientURLs")
        isLearner = try fields.bool("isLearner")
    }

    static func list(_ fields: Fields) throws(EtcdError) -> [EtcdMember] {
        var members: [EtcdMember] = []
        for entry in try fields.objects("members") { members.append(try EtcdMember(entry)) }
        return members
    }
}

/// The membership.
public struct EtcdMembership: Sendable, Hashable {
    /// The header, with the cluster's ID.
    public let header: EtcdHeader
    /// The members, in the server's order.
    public let members: [EtcdMember]
}

extension EtcdClient {
    /// Lists the members (`/v3/cluster/member/list`); `isSerializable` asks one member's copy, for a cluster
    /// without quorum.
    public func members(
        isSerializable: Bool = false, deadline: Duration? = nil
    ) async throws(EtcdError) -> EtcdMembership {
        let body: [String: JSONNode] = ["linearizable": .bool(!isSerializable)]
        let fields = try await call("/v3/cluster/member/list", body, .repeatable, deadline: deadline)
        return EtcdMembership(header: try EtcdHeader(in: fields), members: try EtcdMember.list(fields))
    }

    /// Adds a member (`/v3/cluster/member/add`), as a learner unless told otherwise: it counts for no quorum until
    /// it is promoted. Errors: `memberExists`, `tooManyLearners`, `unhealthyCluster`.
    public func addMember(
        peerURLs: [String], isLearner: Bool = true, deadline: Duration? = nil
    ) async throws(EtcdError) -> EtcdMember {
        let body: [String: JSONNode] = [
            "peerURLs": .array(peerURLs.map { .string($0) }), "isLearner": .bool(isLearner),
        ]
        let fields = try await call("/v3/cluster/member/add", body, .once, deadline: deadline)
        guard let member = try fields.object("member") else {
            throw EtcdError(.malformed, target: fields.target, message: "the new member is missing in the answer")
        }
        return try EtcdMember(member)
    }

    /// Makes a learner vote (`/v3/cluster/member/promote`). Errors: `learnerNotReady`, `memberNotFound`.
    public func promoteMember(_ id: UInt64, deadline: Duration? = nil) async throws(EtcdError) {
        _ = try await call("/v3/cluster/member/promote", ["ID": .uint64(id)], .once, deadline: deadline)
    }

    /// Removes a member (`/v3/cluster/member/remove`). Errors: `memberNotFound`, `unhealthyCluster`.
    public func removeMember(_ id: UInt64, deadline: Duration? = nil) async throws(EtcdError) {
        _ = try await call("/v3/cluster/member/remove", ["ID": .uint64(id)], .once, deadline: deadline)
    }

    /// Changes where a member's peers reach it (`/v3/cluster/member/update`). Errors: `memberNotFound`,
    /// `memberExists`.
    public func updateMember(_ id: UInt64, peerURLs: [String], deadline: Duration? = nil) async throws(EtcdError) {
        let body: [String: JSONNode] = ["ID": .uint64(id), "peerURLs": .array(peerURLs.map { .string($0) })]
        _ = try await call("/v3/cluster/member/update", body, .once, deadline: deadline)
    }
}
