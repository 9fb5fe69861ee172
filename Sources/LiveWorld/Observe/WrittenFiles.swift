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

    /// Of files that are written now, beside those that lie there.
    init(_ files: [WrittenFile], beside known: [Entry] = []) {
        entries = known.filter { entry in !files.contains { $0.path == entry.path } }
        entries += files.map {
            Entry(
                path: $0.path, template: $0.template.text, content: Digest(of: $0.bytes).text, owner: $0.owner,
                mode: $0.mode)
        }
    }
}

extension LiveWorld {
    /// Puts files and their record into a container: through the archive endpoint where that endangers no volume, else
    /// through a command in it.
    /// - Parameter known: the record of what lies there already.
    /// - Throws: `.notRunning` for one that has a volume and has ended: it is made anew instead.
    func write(_ files: [WrittenFile], beside known: [WrittenRecord.Entry] = [], to id: ContainerID) async throws {
        let record = try JSONEncoder().encode(WrittenRecord(files, beside: known))
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
        do throws(DockerError) {
            return try await docker.putFiles(entries, in: id.text, at: FileSpec.directory)
        } catch {
            guard error.code == .volumeAtRisk else { throw error }
        }
        try await unpack(entries, owner: owner, in: id)
    }

    /// The same as a command of the files' owner, with the archive on its standard input. Each file takes the place of
    /// the old one at once, and the record comes last: cut off in the middle, the files do not match it and are
    /// written again.
    private func unpack(_ entries: [TarEntry], owner: Int, in id: ContainerID) async throws {
        guard entries.allSatisfy({ $0.userID == owner }) else {
            throw RefusalError(.invalid, "files of several owners cannot be written into a container that runs")
        }
        let archive = try TarWriter.archive(entries)
        var command = ["sh", "-c", LiveWorld.unpacking, "--", FileSpec.directory, String(archive.count)]
        command += entries.map(\.path)
        let exec = try await docker.createExec(
            in: id.text, DockerExecConfiguration(command: command, user: String(owner), takesInput: true))
        await engineCache.note(question: exec)
        let result = try await docker.runExec(exec, in: id.text, input: archive, deadline: .seconds(20))
        guard result.exitCode == 0 else {
            throw RefusalError(.unavailable, "the files could not be written: \(result.errorText.prefix(300))")
        }
    }

    private static let unpacking = """
        set -e
        umask 077
        cd "$1"
        rm -rf .incoming
        mkdir .incoming
        head -c "$2" | tar -x -p -f - -C .incoming
        shift 2
        for name; do mv -f ".incoming/$name" "$name"; done
        rmdir .incoming
        """
}

extension DockerEngine {
    /// The files of ours in a container, running or not, their paths below `FileSpec.directory`; nil when there is no such
    /// directory. Those of a container with volumes come out of an export once it was started.
    func ownFiles(in id: ContainerID) async throws(DockerError) -> [TarEntry]? {
        do throws(DockerError) {
            return try await entries(FileSpec.directory, in: id)?.map { entry in
                var entry = entry
                entry.path = entry.path.split(separator: "/").dropFirst().joined(separator: "/")
                return entry
            }
        } catch  where error.code == .volumeAtRisk {
            return try await exportedFiles(of: FileSpec.directory, in: id.text)
        }
    }

    /// The record of what was written into a container; nil where there is none that can be read.
    func writtenRecord(in id: ContainerID) async throws(DockerError) -> WrittenRecord? {
        guard let bytes = try await ownFile(WrittenRecord.name, in: id) else { return nil }
        return try? JSONDecoder().decode(WrittenRecord.self, from: Data(bytes))
    }

    /// One file of ours in a container; nil when it does not exist.
    func ownFile(_ name: String, in id: ContainerID) async throws(DockerError) -> [UInt8]? {
        try await ownFiles(in: id)?.first { $0.path == name && $0.isFile }?.content
    }

    /// The files of ours in a container, each held against its record.
    func writtenFiles(in id: ContainerID) async -> Sighting<[FileView]> {
        do throws(DockerError) {
            guard let entries = try await ownFiles(in: id) else { return .present([]) }
            func entry(_ path: String) -> TarEntry? {
                entries.first { $0.path == WrittenFile.name(path) && $0.isFile }
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
            return .unknown(error.unknownReason)
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
    /// What a container that does not run holds in its data volume, seen at most so long ago.
    func data(in view: ContainerView, within age: Duration) async -> Sighting<DataView> {
        let occasion = view.occasion
        if let known = await contents.data(of: view.id, occasion: occasion, within: age) { return .present(known) }
        let isEtcd = view.labels.value(of: Label.component) == Component.etcd.rawValue
        switch view.labels.value(of: Label.component) {
        case Component.etcd.rawValue, Component.node.rawValue: break
        case Component.task.rawValue where view.settings.mounts.contains { $0.destination == LiveWorld.dataMount }:
            break
        case _: return .unknown(.notLooked)
        }
        let ticket = await contents.dataTicket
        do throws(DockerError) {
            let seen = try await lookingInto(view) { id throws(DockerError) in
                guard isEtcd else { return try await postgresData(in: id) }
                return try await docker.exists("/var/lib/etcd/member", in: id) ? DataView.etcd : DataView.empty
            }
            await contents.keep(data: seen, of: view.id, occasion: occasion, ticket: ticket)
            return .present(seen)
        } catch {
            return .unknown(error.unknownReason)
        }
    }

    /// What a task said as its result when it ended: the last line of its log.
    func result(of view: ContainerView) async -> Sighting<JSONValue> {
        guard view.labels.value(of: Label.component) == Component.task.rawValue, case .exited(let exit) = view.state
        else { return .unknown(.notLooked) }
        if let known = await contents.result(of: view.id, finishedAt: exit.finishedAt) { return known }
        do throws(DockerError) {
            // a long line is several in Docker's log, so that of a look into a large repository is hundreds
            let log = try await docker.logTail(view.id.text, lines: 1000, maxBytes: 16 << 20)
            let seen = LiveWorld.result(in: log).map { Sighting.present($0) } ?? .absent
            await contents.keep(result: seen, of: view.id, finishedAt: exit.finishedAt)
            return seen
        } catch {
            return .unknown(error.unknownReason)
        }
    }

    /// The result among the last lines of a task's log, as `deploy/images/postgres/task` writes it; its two outputs
    /// may have changed places at the very end.
    static func result(in log: [String]) -> JSONValue? {
        let prefix = "task: "
        let line = log.suffix(20).last { $0.hasPrefix(prefix + "{") }
        let value = line.flatMap { JSONValue.parse(String($0.dropFirst(prefix.count))) }
        return value?["verb"]?.string == nil ? nil : value
    }

    static let dataMount = "/var/lib/postgresql"

    private func postgresData(in id: ContainerID) async throws(DockerError) -> DataView {
        let directory = LiveWorld.dataMount + "/data"
        // a restore says so itself while it is not at its end: its files look like a cluster's long before
        if try await docker.exists(LiveWorld.dataMount + "/.unfinished-restore", in: id) { return .incomplete }
        // each question mounts the volumes of a container that does not run; most volumes are new and have no directory
        guard try await docker.exists(directory, in: id) else { return .empty }
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
