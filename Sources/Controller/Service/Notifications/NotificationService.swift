import FoundationEssentials
import LiveWorld
import Logging
import Model
import ServiceLifecycle
import Supervisor
import Synchronization

/// Sends the messages of the outbox. Each receiver has a task of its own, so that one that does not answer delays no other, and no
/// pass waits for any.
struct NotificationService: Service {
    let outbox: Outbox
    let delivery: NotificationDelivery
    let logger: Logger
    let troubles: NotificationTroubles

    func run() async throws {
        var tasks: [(receiver: NotificationReceiver, wake: WakeSignal, task: Task<Void, Never>)] = []
        for await _ in outbox.changes.cancelOnGracefulShutdown() {
            let wanted = outbox.wanted
            for (receiver, _, task) in tasks where !wanted.contains(receiver) {
                task.cancel()
                troubles.note(nil, of: receiver.name)
            }
            tasks.removeAll { !wanted.contains($0.receiver) }
            for receiver in wanted where !tasks.contains(where: { $0.receiver == receiver }) {
                let wake = WakeSignal()
                tasks.append((receiver, wake, Task { await serve(receiver, wake) }))
            }
            for (_, wake, _) in tasks { await wake.wake() }
        }
        for (_, _, task) in tasks { task.cancel() }
        for (_, _, task) in tasks { await task.value }
    }

    private func serve(_ receiver: NotificationReceiver, _ wake: WakeSignal) async {
        var pause = Duration.seconds(1)
        var repeatAt = ContinuousClock.now
        while !Task.isCancelled {
            guard let message = outbox.next(for: receiver.name) else {
                if receiver.format == .alertmanager, ContinuousClock.now >= repeatAt {
                    repeatAt = .now + .seconds(60)
                    await sendOpen(to: receiver)
                }
                await wake.wait(atMost: .seconds(60))
                continue
            }
            do {
                try await delivery.send(message, to: receiver)
                outbox.taken(message, by: receiver.name)
                troubles.note(nil, of: receiver.name)
                pause = .seconds(1)
            } catch {
                // another manifest has come meanwhile
                if Task.isCancelled { return }
                troubles.note("\(error)", of: receiver.name)
                logger.warning("notification to \(receiver.name): \(error); it is tried again in \(pause)")
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(300))
            }
        }
    }

    /// Alertmanager takes an alert for over that is not sent again.
    private func sendOpen(to receiver: NotificationReceiver) async {
        let now = Moment.text(wallMilliseconds: WallClock.milliseconds())
        let alerts = outbox.open.filter { receiver.wants($0.kind, $0.severity) }.map { message in
            var message = message
            message.time = now
            return NotificationText.Alert(message)
        }
        guard !alerts.isEmpty, let body = try? JSONEncoder().encode(alerts) else { return }
        try? await delivery.send(Array(body), to: receiver)
    }
}

/// The receivers that do not take their messages, and why.
final class NotificationTroubles: Sendable {
    private let known = Mutex<[String: String]>([:])

    func note(_ words: String?, of receiver: String) { known.withLock { $0[receiver] = words } }

    /// What the loop has to tell of them.
    func conditions(_ outbox: Outbox) -> [Condition] {
        known.withLock { $0 }.sorted { $0.key < $1.key }.map { receiver, words in
            let (waiting, dropped) = outbox.state(of: receiver)
            let lost = dropped == 0 ? "" : "; \(dropped) older ones were given up"
            return Condition(
                .notificationFailing, .true, reason: "NotTaken",
                message:
                    "spec.notifications: \(receiver) does not take messages: \(words). \(waiting) wait, and are tried again\(lost)"
            )
        }
    }
}
