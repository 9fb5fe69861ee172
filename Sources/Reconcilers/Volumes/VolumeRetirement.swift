import Model

/// Volumes of ours that nothing uses any more: kept for good, because only a person removes data, and listed with when
/// and why, and whether it is time yet to let them go.
enum VolumeRetirement {
    /// How long the new volume must have proven itself before the old one is called dispensable.
    static let grace: Duration = .seconds(24 * 3600)

    static func conditions(at scope: EngineScope) -> [Condition] {
        let wanted = Volumes.wanted(at: scope).map(\.name)
        // the volume of a restore under way is about to be used
        let restore = scope.input.observation.dcs.value?.restore?.id
        let idle = scope.engine.volumes.filter { volume in
            let purpose = volume.labels.value(of: Label.restore)
            // the supervisor's state, with all passwords in it, is in use by the supervisor
            let isState = volume.labels.value(of: Label.component) == Component.supervisor.rawValue
            return scope.owns(volume.labels) && !isState && !wanted.contains(volume.name)
                && (purpose == nil || purpose != restore)
        }
        return idle.map { volume in
            let story = story(of: volume, at: scope)
            let told = story.map { " since \($0.since): \($0.why)" } ?? ""
            return Condition(
                .retired, .true, reason: "VolumeKept",
                message: "volume \(volume.name) is kept, nothing uses it\(told); "
                    + advice(volume, since: story?.since, at: scope),
                subject: .volume(scope.engineID, volume.name))
        }
    }

    /// From the record in etcd, else from the label of the volume that came in its place.
    private static func story(of volume: VolumeView, at scope: EngineScope) -> (since: String, why: String)? {
        let records = scope.input.observation.dcs.value?.retired ?? []
        if let record = records.first(where: { $0.volume == volume.name }) { return (record.since, record.why) }
        let mark = "\(volume.name): "
        for other in scope.volumes(of: volume.labels.value(of: Label.name) ?? "") {
            guard let text = other.labels.value(of: Label.replaces), text.hasPrefix(mark) else { continue }
            return (other.createdAt, String(text.dropFirst(mark.count)))
        }
        return nil
    }

    private static func advice(_ volume: VolumeView, since: String?, at scope: EngineScope) -> String {
        let owner = NodeName(volume.labels.value(of: Label.name) ?? "")
        if scope.cluster.nodeNames.contains(owner) {
            let member = scope.input.observation.member(owner).value
            guard member?.state == .running, member?.isStreaming == true || member?.role == .primary else {
                return "keep it, \(owner) does not stream from its new volume yet"
            }
        }
        let now = scope.input.now.wallMilliseconds
        // times of this form sort as text
        if let since, since > Moment.text(wallMilliseconds: now - grace.components.seconds * 1000) {
            return "keep it for a day, until what came in its place has proven itself"
        }
        return "`docker volume rm \(volume.name)` when it is not needed any more"
    }

    // MARK: the record in etcd that says when and why a volume was put aside

    /// A fresh volume for a node, and the record of why the old one is kept.
    static func renew(_ node: NodeName, why: String, at scope: EngineScope) -> [Action] {
        let next = scope.nextVolume(of: node.text)
        let old = scope.volumeName(of: node.text)
        var spec = Volumes.spec(next.name, .node, owner: node.text, generation: next.generation)
        // Docker cannot label a volume afterwards; the new one tells of the old one, also when etcd has lost its record
        spec.labels.append(LabelValue(Label.replaces, "\(old): \(why)"))
        return [
            record(old, why: why, input: scope.input),
            Action(
                .docker(scope.engineID, .createVolume(spec)), on: .volume(scope.engineID, next.name), because: .missing),
        ]
    }

    static func record(_ volume: VolumeName, why: String, input: PlanningInput) -> Action {
        let value = JSONValue.object([("since", .string(input.now.text)), ("why", .string(why))])
        let key = RetiredVolume.prefix(of: input.cluster.name) + volume.text
        return Action(
            .etcd(.putIfAbsent(key: key, value: value.text)), on: .volume(.local, volume), because: .surplus)
    }
}
