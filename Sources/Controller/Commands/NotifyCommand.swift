import ArgumentParser
import FoundationEssentials
import HTTPTransport
import LiveWorld
import Model
import Supervisor

/// `controller notify`: shows that receivers of messages are reached.
struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Try the receivers of spec.notifications.", subcommands: [Test.self])

    /// `controller notify test`.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test message to each receiver now, and say whether it was taken.")
        @OptionGroup var options: ClusterOptions
        @Argument(help: "The receiver; all of them without it.") var receiver: String?

        func run() async throws {
            if try await Delegation.tookOver(options) { return }
            let session = try await Session.open(options)
            let cluster = session.source.cluster
            let wanted = cluster.notifications.filter { receiver == nil || $0.name == receiver }
            guard !wanted.isEmpty else {
                let known = cluster.notifications.map(\.name).joined(separator: ", ")
                throw Failure(
                    .badInput,
                    known.isEmpty
                        ? "spec.notifications names no receiver"
                        : "there is no receiver \(receiver ?? ""); there are \(known)")
            }
            let now = await session.world.now().text
            let message = IncidentMessage(
                cluster: cluster.name.text, incident: "\(cluster.name)/test/\(now)", kind: .test, severity: .info,
                stage: .happened, object: "cluster", title: "test",
                text: "\(Person.current) asked for this message with `controller notify test`; nothing has happened",
                since: now,
                time: now)
            var refused: [String] = []
            for receiver in wanted {
                do {
                    try await NotificationDelivery(secrets: session.world.secrets).send(message, to: receiver)
                    Terminal.say("\(receiver.name): taken")
                } catch {
                    Terminal.say("\(receiver.name): \(error)")
                    refused.append(receiver.name)
                }
            }
            if !refused.isEmpty { throw Failure("not taken by \(refused.joined(separator: ", "))") }
        }
    }
}
