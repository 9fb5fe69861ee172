import DockerAPI
import FoundationEssentials
import Model

/// A file as it is written into a container.
struct WrittenFile {
    let path: String
    let bytes: [UInt8]
    let template: Digest
    let owner: Int
    let mode: Int

    /// The last part of a path.
    static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// The record that lies beside the files: which template each was made from, and what it looked like then. A file that
/// does not look so any more was edited.
struct WrittenRecord: Codable {
    struct Entry: Codable, Hashable {
        var path: String
        var template: String
        var content: String
        var owner: Int
        var mode: Int
    }
    var entries: [Entry]

    static let name = ".written.json"

    init(_ files: [WrittenFile]) {
        entries = files.map {
            Entry(
                path: $0.path, template: $0.template.text, content: Digest(of: $0.bytes).text, owner: $0.owner,
                mode: $0.mode)
        }
    }
}

extension DockerEngine {
    /// Puts files and their record into a container, running or not.
    func write(_ files: [WrittenFile], to id: ContainerID) async throws {
        let record = try JSONEncoder().encode(WrittenRecord(files))
        let owner = files.first?.owner ?? 0
        // PgBouncer takes a file of the same size and time for the one that it has read
        let now = Int(WallClock.milliseconds() / 1000)
        var entries = files.map { file in
            TarEntry(
                path: WrittenFile.name(file.path), .file(file.bytes), mode: file.mode, userID: file.owner,
                groupID: file.owner, modifiedSeconds: now)
        }
        entries.append(
            TarEntry(path: WrittenRecord.name, .file(Array(record)), mode: 0o444, userID: owner, groupID: owner))
        try await putFiles(entries, in: id.text, at: FileSpec.directory)
    }

    /// The files of ours in a container, each held against its record.
    func writtenFiles(in id: ContainerID) async -> Sighting<[FileView]> {
        do throws(DockerError) {
            guard let entries = try await entries(FileSpec.directory, in: id) else { return .present([]) }
            func entry(_ path: String) -> TarEntry? {
                entries.first { WrittenFile.name($0.path) == WrittenFile.name(path) && $0.isFile }
            }
            guard let recorded = entry(WrittenRecord.name),
                let record = try? JSONDecoder().decode(WrittenRecord.self, from: Data(recorded.content))
            else { return .present([]) }
            return .present(
                record.entries.compactMap { known in
                    guard let file = entry(known.path) else { return nil }
                    let isIntact =
                        Digest(of: file.content).text == known.content && file.mode == known.mode
                        && file.userID == known.owner
                    return FileView(
                        path: known.path,
                        content: isIntact ? .asWritten(template: Digest(text: known.template)) : .edited)
                }.sorted { $0.path < $1.path })
        } catch {
            return .unknown(error.blindness)
        }
    }

    /// One file of a container; nil when it does not exist.
    func file(
        _ path: String, in id: ContainerID, maxBytes: Int = 8 << 20, deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> [UInt8]? {
        try await entries(path, in: id, maxBytes: maxBytes, deadline: deadline)?.first { $0.isFile }?.content
    }

    /// Whether a path exists in a container.
    func exists(_ path: String, in id: ContainerID) async throws(DockerError) -> Bool {
        do throws(DockerError) {
            _ = try await pathStatus(path, in: id.text)
            return true
        } catch  where error.code == .notFound {
            return false
        }
    }

    private func entries(
        _ path: String, in id: ContainerID, maxBytes: Int = 8 << 20, deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> [TarEntry]? {
        do throws(DockerError) {
            return try await files(
                of: path, in: id.text, reader: TarReader(maxBytes: maxBytes), deadline: deadline)
        } catch  where error.code == .notFound {
            return nil
        }
    }
}

extension TarEntry {
    var isFile: Bool {
        switch kind {
        case .file: true
        case .directory: false
        }
    }
}

extension LiveWorld {
    /// What a container that does not run holds in its data volume.
    func data(in view: ContainerView) async -> Sighting<DataView> {
        do throws(DockerError) {
            switch view.labels.value(of: Label.component) {
            case Component.etcd.rawValue:
                return .present(try await docker.exists("/var/lib/etcd/member", in: view.id) ? .etcd : .empty)
            case Component.node.rawValue: return .present(try await postgresData(in: view.id))
            case Component.task.rawValue where view.settings.mounts.contains { $0.destination == LiveWorld.dataMount }:
                return .present(try await postgresData(in: view.id))
            case _: return .unknown(.notLooked)
            }
        } catch {
            return .unknown(error.blindness)
        }
    }

    /// What a task wrote as its result when it ended.
    func result(of view: ContainerView) async -> Sighting<JSONValue> {
        guard view.labels.value(of: Label.component) == Component.task.rawValue, case .exited(let exit) = view.state
        else { return .unknown(.notLooked) }
        if let known = await sight.result(of: view.id, finishedAt: exit.finishedAt) { return known }
        do throws(DockerError) {
            let bytes = try await docker.file("/var/log/pgbackrest/result.json", in: view.id)
            let value = bytes.flatMap { JSONValue.parse(String(decoding: $0, as: UTF8.self)) }
            let seen = value.map { Sighting.present($0) } ?? .absent
            await sight.keep(result: seen, of: view.id, finishedAt: exit.finishedAt)
            return seen
        } catch {
            return .unknown(error.blindness)
        }
    }

    static let dataMount = "/var/lib/postgresql"

    private func postgresData(in id: ContainerID) async throws(DockerError) -> DataView {
        let directory = LiveWorld.dataMount + "/data"
        // a restore says so itself while it is not at its end: its files look like a cluster's long before
        if try await docker.exists(LiveWorld.dataMount + "/.unfinished-restore", in: id) { return .incomplete }
        guard let version = try await docker.file(directory + "/PG_VERSION", in: id) else {
            for part in ["base", "global", "pg_wal"] where try await docker.exists("\(directory)/\(part)", in: id) {
                return .incomplete
            }
            return .empty
        }
        let text = String(decoding: version, as: UTF8.self).filter(\.isNumber)
        guard let major = Int(text), let control = try await docker.file(directory + "/global/pg_control", in: id),
            let data = ControlFile.parse(control, majorVersion: major)
        else { return .incomplete }
        return .postgres(data)
    }
}
