public import Model

/// Keeps the roles that the manifest declares. What it does not say of a role is left alone, and a role that it does
/// not name at all is left alone.
public struct Roles: Reconciler {
    /// Its name in plans and events.
    public let name = "roles"
    /// Creates the planner.
    public init() {}

    /// At most one statement for each role.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard !input.cluster.roles.isEmpty else { return Proposal() }
        guard case .present(let database) = input.observation.database(seeing: .accounts), !database.isInRecovery else {
            return Proposal(
                conditions: [
                    Condition(
                        .rolesCurrent, .unknown, reason: "DatabaseUnseen",
                        message: Schema.unseen(input))
                ], waiting: ["the primary's roles"])
        }
        var proposal = Proposal()
        for role in input.cluster.roles {
            proposal.add(RoleSteps(role: role, input: input, database: database).propose())
        }
        let isCurrent = proposal.waiting.isEmpty && proposal.conditions.isEmpty
        proposal.conditions.append(
            Condition(
                .rolesCurrent, isCurrent ? .true : .false, reason: isCurrent ? "Current" : "Differ",
                message: isCurrent
                    ? "\(input.cluster.roles.count) declared roles are as wanted"
                    : (proposal.waiting + proposal.conditions.map(\.subject.text)).joined(separator: ", ")))
        return proposal
    }
}

/// What one declared role needs now.
struct RoleSteps {
    let role: DeclaredRole
    let input: PlanningInput
    let database: DatabaseView

    private var name: String { SQL.identifier(role.name.text) }
    private var seen: RoleView? { database.roles.first { $0.name == role.name } }

    func propose() -> Proposal {
        switch (role.ensure, seen) {
        case (.absent, nil): Proposal()
        case (.absent, let seen?): drop(seen)
        case (.present, nil): create()
        case (.present, let seen?): keep(seen)
        }
    }

    private func create() -> Proposal {
        let words = ["CREATE ROLE \(name)", role.login ? "LOGIN" : "NOLOGIN"] + optional(beside: nil)
        return run(words.joined(separator: " ") + ";", .roleDiffers(role.name, ["missing"]))
    }

    private func keep(_ seen: RoleView) -> Proposal {
        let withheld = seen.administrators.isEmpty ? [] : wide(beside: seen)
        var proposal = keep(seen, without: withheld)
        if !withheld.isEmpty { proposal.conditions.append(refusal(of: withheld, seen)) }
        return proposal
    }

    private func keep(_ seen: RoleView, without withheld: [String]) -> Proposal {
        let words = (flags(beside: seen) + optional(beside: seen)).filter { !withheld.contains($0) }
        if !words.isEmpty {
            return run("ALTER ROLE \(name) \(words.joined(separator: " "));", .roleDiffers(role.name, words))
        }
        if let step = membership(seen, without: withheld) { return step }
        if let lost = input.lostPassword(of: seen, secret: role.secret) { return Proposal(conditions: [lost]) }
        guard let secret = role.secret, !seen.passwordMatches else { return Proposal() }
        guard PoolerAccess.isGranted(input) else {
            return Proposal(waiting: ["the poolers' access, before the password of \(role.name) changes"])
        }
        return act(.setPassword(role.name, secret), .passwordDiffers(role.name))
    }

    /// Login is always the manifest's word, and what stands above the controller never is anybody's.
    private func flags(beside seen: RoleView) -> [String] {
        var words: [String] = []
        if seen.attributes.contains("LOGIN") != role.login { words.append(role.login ? "LOGIN" : "NOLOGIN") }
        return words
            + ["SUPERUSER", "REPLICATION", "BYPASSRLS"].filter(seen.attributes.contains).map { "NO\($0)" }
    }

    /// What the manifest says and PostgreSQL does not; all that it says where there is no role yet.
    private func optional(beside seen: RoleView?) -> [String] {
        func flag(_ word: String, _ wanted: Bool?) -> String? {
            guard let wanted, seen == nil || seen?.attributes.contains(word) != wanted else { return nil }
            return wanted ? word : "NO\(word)"
        }
        var words = [
            flag("CREATEDB", role.createdb), flag("CREATEROLE", role.createrole), flag("INHERIT", role.inherit),
        ].compactMap(\.self)
        if let limit = role.connectionLimit, limit != seen?.connectionLimit {
            words.append("CONNECTION LIMIT \(limit)")
        }
        if let until = role.validUntil, until != seen?.validUntil {
            words.append("VALID UNTIL \(SQL.literal(until.text))")
        }
        return words
    }

    /// A membership that is missing, or one that the manifest does not list any more and that came from here.
    private func membership(_ seen: RoleView, without withheld: [String]) -> Proposal? {
        guard let wanted = role.memberOf else { return nil }
        if let group = missingGroups(seen).first(where: { !withheld.contains($0.text) }) {
            let isDeclared = input.cluster.roles.contains { $0.name == group }
            guard !isDeclared || database.roles.contains(where: { $0.name == group }) else {
                return Proposal(waiting: ["role \(group), which \(role.name) is a member of"])
            }
            return run(
                "GRANT \(SQL.identifier(group.text)) TO \(name);", .roleDiffers(role.name, ["not in \(group)"]))
        }
        guard let group = seen.granted.first(where: { !wanted.contains($0) }) else { return nil }
        return run(
            "REVOKE \(SQL.identifier(group.text)) FROM \(name);", .roleDiffers(role.name, ["still in \(group)"]))
    }

    private func missingGroups(_ seen: RoleView) -> [RoleName] {
        (role.memberOf ?? []).filter { !seen.attributes.contains("IN \($0)") }
    }

    /// What it lacks and what reaches beyond the role's own databases.
    private func wide(beside seen: RoleView) -> [String] {
        optional(beside: seen).filter { ["CREATEROLE", "CREATEDB"].contains($0) }
            + missingGroups(seen).map(\.text).filter { $0.hasPrefix("pg_") }
    }

    /// Such a right is not given to a role on which other roles have ADMIN: each of them could use it, too.
    private func refusal(of wide: [String], _ seen: RoleView) -> Condition {
        let names = seen.administrators.map { SQL.identifier($0.text) }.joined(separator: ", ")
        return Condition(
            .rolesCurrent, .false, reason: "Administered",
            message:
                "other roles have ADMIN on it (\(names)), so they could use what the manifest gives it: "
                + "\(wide.joined(separator: ", ")). "
                + "As the superuser: `REVOKE \(name) FROM \(names) CASCADE`, or take it out of the manifest",
            subject: .role(role.name))
    }

    private func drop(_ seen: RoleView) -> Proposal {
        guard !seen.holds.isEmpty else { return act(.dropRole(role.name), .declaredAbsent) }
        let list = seen.holds.joined(separator: ", ")
        return Proposal(
            conditions: [
                Condition(
                    .rolesCurrent, .false, reason: "InUse",
                    message:
                        "it shall be absent and is not dropped yet: it holds \(list). End its sessions, and give what it "
                        + "owns to another role: `REASSIGN OWNED BY \(role.name) TO …` and `DROP OWNED BY \(role.name)` "
                        + "in each database that is named",
                    subject: .role(role.name))
            ], lookAgain: DatabaseSteps.patience)
    }

    private func run(_ sql: String, _ reason: Reason) -> Proposal { act(.script("postgres", sql), reason) }

    private func act(_ effect: SQLEffect, _ reason: Reason) -> Proposal {
        Proposal(
            actions: [Action(.sql(database.node, effect), on: .role(role.name), because: reason)],
            waiting: ["role \(role.name)"])
    }
}
