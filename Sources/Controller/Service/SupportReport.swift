import ArgumentParser
import DockerAPI
import FoundationEssentials
import LiveWorld
import Model
import Supervisor
import Synchronization

/// What a report of a fault holds: texts by name, without secrets.
struct SupportReport: Codable {
    var cluster: String
    /// When it was made, RFC 3339.
    var time: String
    /// The texts, by their path in the archive.
    var parts: [String: String]

    /// How long one part may take: what hangs is what the report is about.
    private static let patience: Duration = .seconds(20)
    /// How much of the event log is taken, from its end.
    private static let eventBytes = 4 << 20

    /// Collects all parts; one that cannot be had says why in its place.
    static func collect(_ session: Session, lines: Int) async throws -> SupportReport {
        let cluster = session.source.cluster
        let (input, plan) = await session.plan()
        let status = await session.status(hasFigures: true)
        var parts = [
            "versions.txt": versions(input),
            "manifest.yaml": (try? String(contentsOfFile: session.source.path, encoding: .utf8))
                ?? "it cannot be read\n",
            "status.txt": text(StatusTable.lines(status, verbose: true)),
            "status.json": (try? Output.json(status)) ?? "",
            "containers.txt": text(containers(input)),
            "events.jsonl": tail(of: session.state.events),
            "events.1.jsonl": tail(of: session.state.events + ".1"),
            "conditions.json": (try? String(contentsOfFile: session.state.conditions, encoding: .utf8)) ?? "",
        ]
        let report = PlanReport(plan, input, forecast: nil, MeasuredHistory(eventsAt: session.state.events))
        parts["plan.txt"] = text(PlanText(report: report, isVerbose: true).lines)
        parts["plan.json"] = (try? Output.json(report)) ?? ""
        let names = (try? await session.world.containerNames(of: cluster.name)) ?? []
        await withTaskGroup(of: (String, String).self) { group in
            for name in names {
                group.addTask { ("logs/\(name).log", await log(of: name, lines, in: session.world)) }
            }
            for await (path, text) in group { parts[path] = text }
        }
        for (path, text) in parts { parts[path] = Blotting.keys(in: await session.world.secrets.withoutSecrets(text)) }
        return SupportReport(
            cluster: cluster.name.text, time: input.now.text, parts: parts.filter { !$0.value.isEmpty })
    }

    /// A tar archive (ustar) of them, in a folder of its own.
    func archive() throws -> [UInt8] {
        let folder = "controller-report-\(cluster)"
        let directories = [folder, "\(folder)/logs"].map { TarEntry(path: $0, .directory, mode: 0o700) }
        let files = parts.sorted { $0.key < $1.key }.map { path, text in
            TarEntry(path: "\(folder)/\(path)", .file(Array(text.utf8)), mode: 0o600)
        }
        return try TarWriter.archive(directories + files)
    }

    private static func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    private static func versions(_ input: PlanningInput) -> String {
        let version = ControllerProgram.configuration.version
        let servers = input.cluster.nodeNames.map { node in
            "\(node): " + (input.observation.member(node).value?.serverVersion.map { "\($0)" } ?? "not known")
        }
        return text(["controller \(version)", "PostgreSQL's version numbers:"] + servers)
    }

    private static func containers(_ input: PlanningInput) -> [String] {
        guard let id = input.cluster.engines.first?.name, case .present(let engine) = input.observation.engine(id)
        else {
            return ["Docker could not be asked"]
        }
        let ours = engine.containers.filter { $0.labels.value(of: Label.cluster) == input.cluster.name.text }
        return ours.map { seen in
            "\(seen.name) \(seen.id.short) \(seen.image) \(seen.imageID.prefix(19)) \(seen.state) restarts \(seen.restartCount) "
                + seen.attachments.map { "\($0.networkName)=\($0.address ?? "-")" }.joined(separator: " ")
        }
    }

    private static func tail(of path: String) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return "" }
        guard text.utf8.count > eventBytes else { return text }
        let end = text.utf8.suffix(eventBytes)
        return String(decoding: end.drop { $0 != UInt8(ascii: "\n") }.dropFirst(), as: UTF8.self)
    }

    /// A log whose container does not answer in time ends with that.
    private static func log(of name: ContainerName, _ lines: Int, in world: LiveWorld) async -> String {
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                let all = CollectedText()
                do {
                    try await world.logs(of: [name], last: lines, since: nil, follow: false) { line in
                        all.text.withLock { $0 += "\(line.time) \(line.line)\n" }
                    }
                    return all.text.withLock { $0 }
                } catch is CancellationError {
                    return nil
                } catch {
                    return "\(error)\n"
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return "Docker did not give this log within \(patience)\n"
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? ""
        }
    }
}

/// A text that several tasks may add to.
private final class CollectedText: Sendable {
    let text = Mutex("")
}

/// What secrets look like that the controller does not know: those of other clusters, of older days, of applications.
enum Blotting {
    static func keys(in text: String) -> String {
        text.replacing(
            #/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----/#.dotMatchesNewlines(),
            with: "[private key]"
        )
        .replacing(#/SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=:]+/#, with: "[password verifier]")
        .replacing(#/(?i)(password\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s,;'"]+)/#) { "\($0.1)[password]" }
    }
}
