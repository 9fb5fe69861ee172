import Model
import Reconcilers

extension StatusReport.Backups {
    init(_ scene: Scene) {
        let list = scene.observation.repository.value?.backups ?? []
        let archiver = scene.observation.database.value?.archiver
        let window = RecoverableWindow(scene.observation)
        count = list.count
        newest = list.last?.label
        newestAt = list.last.map { Moment.text(wallMilliseconds: $0.stoppedAt * 1000) }
        newestSeconds = list.last.map { $0.stoppedAt - $0.startedAt }
        newestDatabaseBytes = list.last?.size
        newestRepositoryBytes = list.last?.repositorySize
        newestArchived = archiver?.lastArchived
        newestArchivedAt = archiver?.lastArchivedAt?.brief
        recoverableFrom = window?.from.brief
        recoverableTo = window?.to?.brief
        next = [:]
        guard scene.cluster.backups.enabled else { return }
        let schedules = scene.cluster.backups.schedules
        let now = Timestamp(scene.now)
        for type in BackupType.allCases {
            next[type.rawValue] = schedules.schedule(type)?.next(after: now, in: schedules.zone)?.brief
        }
        next["verify"] = schedules.verification?.next(after: now, in: schedules.zone)?.brief
        next["drill"] = schedules.drill?.next(after: now, in: schedules.zone)?.brief
        drill = Check(of: "drill", scene)
        verification = Check(of: "verify", scene)
    }
}

extension StatusReport.Backups.Check {
    fileprivate init?(of kind: String, _ scene: Scene) {
        guard let id = scene.cluster.engines.first?.name,
            let seen = scene.observation.engine(id).value?.container(ContainerName("\(scene.cluster.name)-\(kind)")),
            case .exited(let exit) = seen.state
        else { return nil }
        endedAt = exit.finishedAt
        passed = exit.code == 0
        measured = [:]
        guard case .members(let members)? = seen.result.value else { return }
        for member in members where member.name != "verb" {
            measured[member.name] = member.value.string ?? member.value.text
        }
    }
}
