import Model

/// Volumes of ours that nothing uses any more: kept for good, because only a person removes data, and listed with when
/// and why, and whether it is time yet to let them go.
enum Retired {
    /// How long the new volume must have proven itself before the old one is called dispensable.
    static let grace: Duration = .seconds(24 * 3600)

    static func conditions(at site: Site) -> [Condition] {
        let wanted = Volumes.wanted(at: site).map(\.name)
        // the volume of a restore under way is about to be used
        let restore = site.scene.observation.dcs.value?.restore?.id
        let idle = site.engine.volumes.filter { volume in
            let purpose = volume.labels.value(of: Label.restore)
            return site.owns(volume.labels) && !wanted.contains(volume.name) && (purpose == nil || purpose != restore)
        }
        return idle.map { volume in
            let story = story(of: volume, at: site)
            let told = story.map { " since \($0.since): \($0.why)" } ?? ""
            return Condition(
                .retired, .true, reason: "VolumeKept",
                message: "volume \(volume.name) is kept, nothing uses it\(told); "
                    + advice(volume, since: story?.since, at: site),
                subject: .volume(site.engineID, volume.name))
        }
    }

    /// From the record in etcd, else from the label of the volume that came in its place.
    private static func story(of volume: VolumeView, at site: Site) -> (since: String, why: String)? {
        let records = site.scene.observation.dcs.value?.retired ?? []
        if let record = records.first(where: { $0.volume == volume.name }) { return (record.since, record.why) }
        let mark = "\(volume.name): "
        for other in site.volumes(of: volume.labels.value(of: Label.name) ?? "") {
            guard let text = other.labels.value(of: Label.replaces), text.hasPrefix(mark) else { continue }
            return (other.createdAt, String(text.dropFirst(mark.count)))
        }
        return nil
    }

    private static func advice(_ volume: VolumeView, since: String?, at site: Site) -> String {
        let owner = NodeName(volume.labels.value(of: Label.name) ?? "")
        if site.cluster.nodeNames.contains(owner) {
            let member = site.scene.observation.member(owner).value
            guard member?.state == .running, member?.isStreaming == true || member?.role == .primary else {
                return "keep it, \(owner) does not stream from its new volume yet"
            }
        }
        let now = site.scene.now.wallMilliseconds
        // times of this form sort as text
        if let since, since > Moment.text(wallMilliseconds: now - grace.components.seconds * 1000) {
            return "keep it for a day, until what came in its place has proven itself"
        }
        return "`docker volume rm \(volume.name)` when it is not needed any more"
    }
}
