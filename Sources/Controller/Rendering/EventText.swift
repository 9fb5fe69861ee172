import Model

/// An event as one line, in the habit of `kubectl get events`.
enum EventText {
    static func line(_ event: Event) -> String {
        let mark =
            switch event.kind {
            case .action: Terminal.green(event.kind.rawValue)
            case .failure, .refusal: Terminal.red(event.kind.rawValue)
            case .condition, .notice: Terminal.dim(event.kind.rawValue)
            }
        let message = event.message.isEmpty ? "" : " — \(event.message)"
        return "\(event.time)  \(mark)  \(Terminal.plain(event.object)): "
            + Terminal.plain("\(event.what), because \(event.reason)\(message)")
    }
}
