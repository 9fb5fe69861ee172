import Manifest
import Model
import Reconcilers
import Supervisor

/// What a plan changes: objects that come and go, and fields with their values before and after, each object once.
struct PlanChanges {
    /// What becomes of one object.
    struct Change: Encodable, Equatable {
        /// The kinds of change, in the words of the JSON.
        enum Kind: String, Encodable, CaseIterable {
            case create, update, replace, remove
        }
        /// `container pg-node-1`, `parameters`, …
        var object: String
        var kind: Kind
        /// What differs.
        var fields: [Field] = []
        /// What is done to it where there are no values to compare: a migration, a grant, a new file.
        var notes: [String] = []
    }

    /// One value, before and after.
    struct Field: Encodable, Equatable {
        var name: String
        /// Nil where there was none, or PostgreSQL's default.
        var from: String?
        /// Nil where there is to be none.
        var to: String?
        /// How a parameter comes into force: by a reload, or by which restart.
        var way: String?
    }

    /// In the order in which the plan comes to them.
    private(set) var list: [Change] = []

    /// - Parameters:
    ///   - input: the look that the plan begins with.
    ///   - tasks: the containers that do one job and end; their coming and going is no change.
    init(_ actions: [Action], _ input: PlanningInput, tasks: [ContainerName]) {
        for action in actions {
            if case .container(_, let name) = action.subject, tasks.contains(name) { continue }
            if let change = PlanChanges.change(by: action, input) { add(change) }
        }
    }

    private mutating func add(_ new: Change) {
        guard let index = list.firstIndex(where: { $0.object == new.object }) else { return list.append(new) }
        let known = list[index].kind
        switch (known, new.kind) {
        case (.remove, .create), (.update, .replace): list[index].kind = .replace
        case (.update, .remove): list[index].kind = .remove
        case (.create, _), (.replace, _), (.remove, _), (.update, _): break
        }
        list[index].fields += new.fields.filter { field in !list[index].fields.contains { $0.name == field.name } }
        list[index].notes += new.notes.filter { !list[index].notes.contains($0) }
    }

    private static func change(by action: Action, _ input: PlanningInput) -> Change? {
        let object = action.subject.text
        func update(_ notes: [String]) -> Change { Change(object: object, kind: .update, notes: notes) }
        switch action.effect {
        case .docker(_, let effect): return change(by: effect, action)
        case .patroni(_, .patchConfiguration(let patch)): return settings(patch, input)
        case .configureLocally(let wanted): return local(wanted, action, input)
        case .sql(_, .dropDatabase), .sql(_, .dropRole): return Change(object: object, kind: .remove)
        case .sql(_, .script), .sql(_, .migrate), .sql(_, .setPassword): return update([action.reason.sentence])
        case .identity: return update([action.effect.phrase])
        case .etcd, .patroni, .sql, .pooler: return nil
        }
    }

    private static func change(by effect: DockerEffect, _ action: Action) -> Change? {
        let object = action.subject.text
        var fields: [Field] = []
        if case .settingsDiffer(let differences) = action.reason {
            fields = differences.map { Field(name: $0.setting, from: $0.actual, to: $0.desired) }
        }
        switch effect {
        case .createNetwork, .createVolume, .createContainer: return Change(object: object, kind: .create)
        case .removeNetwork, .removeVolume: return Change(object: object, kind: .remove)
        case .stop, .remove:
            if action.reason == .surplus { return Change(object: object, kind: .remove) }
            return fields.isEmpty ? nil : Change(object: object, kind: .replace, fields: fields)
        case .update: return fields.isEmpty ? nil : Change(object: object, kind: .update, fields: fields)
        case .upload:
            guard case .filesDiffer(let paths) = action.reason else { return nil }
            return Change(object: object, kind: .update, notes: ["files: \(paths.joined(separator: ", "))"])
        case .connect, .disconnect, .start, .kill, .shutdownPrimary, .unpause, .rename, .pull, .run: return nil
        }
    }

    // MARK: parameters and Patroni's own settings

    /// PostgreSQL's parameters and Patroni's settings in etcd. A parameter that moves to the nodes' own files is no change.
    private static func settings(_ patch: JSONValue, _ input: PlanningInput) -> Change? {
        let known = input.observation.dcs.value?.configuration
        var fields: [Field] = []
        if case .members(let members)? = patch["postgresql"]?["parameters"] {
            fields = members.filter { !Reconcilers.isLocal(parameter: $0.name, input.cluster) }.map {
                parameter($0.name, from: known?.parameters?[$0.name]?.string, to: $0.value.string)
            }
        }
        if case .members(let members) = patch {
            fields += members.filter { $0.name != "postgresql" }.map {
                Field(name: $0.name, from: known?.json[$0.name]?.brief, to: $0.value.brief, way: "reload")
            }
        }
        return fields.isEmpty ? nil : Change(object: "parameters", kind: .update, fields: fields)
    }

    private static func local(_ wanted: LocalConfiguration, _ action: Action, _ input: PlanningInput) -> Change? {
        guard let known = input.observation.localConfiguration else { return nil }
        let shared = input.observation.dcs.value?.configuration?.parameters
        let fields = wanted.parameters.compactMap { wanted -> Field? in
            let old = known.parameters.first { $0.name == wanted.name }?.value ?? shared?[wanted.name]?.string
            return old == wanted.value ? nil : parameter(wanted.name, from: old, to: wanted.value)
        }
        let notes = known.clientRules == wanted.clientRules ? [] : ["client rules of pg_hba.conf"]
        return fields.isEmpty && notes.isEmpty
            ? nil : Change(object: "parameters", kind: .update, fields: fields, notes: notes)
    }

    private static func parameter(_ name: String, from old: String?, to new: String?) -> Field {
        Field(name: name, from: old, to: new, way: way(name, from: old, to: new))
    }

    private static func way(_ name: String, from old: String?, to new: String?) -> String {
        guard Manifest.needsRestart(parameter: name) else { return "reload" }
        let change = PendingParameter(name, current: old ?? "", wanted: new ?? "")
        return change.isLoweredLimit ? "restart, the primary first and in its place" : "restart, replicas first"
    }
}

extension JSONValue {
    /// A plain value as people write it; nil for none.
    fileprivate var brief: String? { self == .null ? nil : string ?? text }
}
