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
    /// Puts files and their record into a container, running or not (`PUT /containers/{id}/archive`).
    func write(_ files: [WrittenFile], to id: ContainerID) async throws {
        let record = try JSONEncoder().encode(WrittenRecord(files))
        var writer = TarWriter()
        for file in files {
            try writer.add(name(file.path), file.bytes, mode: file.mode, owner: file.owner)
        }
        try writer.add(WrittenRecord.name, Array(record), mode: 0o444, owner: files.first?.owner ?? 0)
        try await putArchive(writer.finish(), to: FileSpec.directory, of: id.text)
    }

    /// The files of ours in a container, each held against its record.
    func writtenFiles(in id: ContainerID) async -> Sighting<[FileView]> {
        do throws(DockerError) {
            guard let entries = try await archiveEntries(FileSpec.directory, of: id.text) else { return .present([]) }
            func bytes(_ name: String) -> TarEntry? { entries.first { $0.name.split(separator: "/").last.map(String.init) == name } }
            guard let recorded = bytes(WrittenRecord.name),
                let record = try? JSONDecoder().decode(WrittenRecord.self, from: Data(recorded.bytes))
            else { return .present([]) }
            return .present(
                record.entries.compactMap { entry in
                    guard let file = bytes(name(entry.path)) else { return nil }
                    let isIntact =
                        Digest(of: file.bytes).text == entry.content && file.mode == entry.mode && file.owner == entry.owner
                    return FileView(
                        path: entry.path,
                        content: isIntact ? .asWritten(template: Digest(text: entry.template)) : .edited)
                }.sorted { $0.path < $1.path })
        } catch {
            return .unknown(error.blindness)
        }
    }

    /// One file of a container; nil when it does not exist.
    func file(_ path: String, in id: ContainerID) async throws(DockerError) -> [UInt8]? {
        try await archiveEntries(path, of: id.text)?.first { !$0.isDirectory }?.bytes
    }

    private func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

extension LiveWorld {
    /// What a container that does not run holds in its data volume.
    func data(in view: ContainerView) async -> Sighting<DataView> {
        do throws(DockerError) {
            switch view.labels.value(of: Label.component) {
            case Component.etcd.rawValue:
                return .present(try await docker.exists("/var/lib/etcd/member", in: view.id) ? .etcd : .empty)
            case Component.node.rawValue: return .present(try await postgresData(in: view.id))
            case _: return .unknown(.notLooked)
            }
        } catch {
            return .unknown(error.blindness)
        }
    }

    private func postgresData(in id: ContainerID) async throws(DockerError) -> DataView {
        let directory = "/var/lib/postgresql/data"
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
