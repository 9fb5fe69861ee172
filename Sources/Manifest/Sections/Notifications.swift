internal import Model

extension Shape<NotificationReceiver> {
    /// An entry of `spec.notifications`.
    static let notificationReceiver = section(
        [
            Rule("name", \.name, .name(.label), isRequired: true, "Its name."),
            Rule(
                "format", \.format, .choice(),
                "webhook (a JSON object), slack and teams (a text), or alertmanager (its API)."),
            Rule("url", \.url, Shape<String>.url.optional(""), "Where it is, http or https."),
            Rule(
                "urlFile", \.urlFile, Shape<String>.passwordFile.optional(""),
                "A file that holds the URL, where it is a secret."),
            Rule(
                "tokenFile", \.tokenFile, Shape<String>.passwordFile.optional(""),
                "A file that holds a bearer token for it."),
            Rule(
                "kinds", \.kinds,
                Shape<NotificationKind>.choice().list(upTo: 20, empty: .failover, unique: { $0.rawValue }),
                "What it is told of; without this line of everything."),
            Rule("severity", \.severity, .choice(), "The least severity that it is told of."),
        ], defaults: NotificationReceiver(name: ""))
}

extension Shape<String> {
    /// A URL without a user in it.
    fileprivate static let url = Shape(
        schema: .mapping([
            "type": .text("string"), "pattern": .text("^https?://[^@\\s]+$"), "maxLength": .integer(2000),
        ]),
        read: { field, _ in
            let expected = "http:// or https://, a host, and no user or password"
            guard let text = field.text(expected: expected) else { return nil }
            guard text.utf8.count <= 2000,
                text.wholeMatch(of: /https?:\/\/(\[[0-9A-Fa-f:.]+\]|[^\/?#@:\[\]\s]+)(:[0-9]{1,5})?([\/?][^#\s]*)?/)
                    != nil
            else {
                field.reject("is no URL that we can post to", expected: expected)
                return nil
            }
            return text
        },
        write: { .text($0) })
}

extension Manifest {
    /// A receiver has one address.
    static func checkNotifications(_ cluster: Cluster, _ log: Diagnostics) {
        for (place, receiver) in cluster.notifications.enumerated() {
            log.require(
                (receiver.url == nil) != (receiver.urlFile == nil), at: "spec.notifications[\(place)]",
                "it has to be said where the receiver is", got: receiver.url == nil ? "neither" : "url and urlFile",
                expected: "either url or urlFile")
        }
    }
}
