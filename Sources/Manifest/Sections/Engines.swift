internal import Model

extension Shape<[EngineSettings]> {
    /// `spec.engines`.
    static let engines = Shape<EngineSettings>.section(
        [
            Rule("name", \.name, .name(.label), isRequired: true, "The engine's name in this manifest."),
            Rule(
                "endpoint", \.endpoint, Shape<String>.endpoint.optional(""),
                "unix:///path or tcp://host:port; without it DOCKER_HOST or the default socket."),
            Rule(
                "caFile", \.caFile, Shape<String>.file.optional(""),
                "PEM file of the authority that signed the engine's certificate."),
            Rule("certificateFile", \.certificateFile, Shape<String>.file.optional(""), "PEM file of our certificate."),
            Rule("keyFile", \.keyFile, Shape<String>.file.optional(""), "PEM file of our key."),
        ], defaults: EngineSettings(name: .local)
    ).list(upTo: 16, empty: EngineSettings(name: .local), unique: { $0.name.text })
}

extension Shape<String> {
    /// Where an engine listens.
    fileprivate static let endpoint = Shape(
        schema: .mapping(["type": .text("string"), "pattern": .text("^(unix:///|tcp://).+")]),
        read: { field, _ in
            let expected = "unix:///path or tcp://host:port"
            guard let text = field.text(expected: expected) else { return nil }
            if text.hasPrefix("ssh://") {
                field.reject("ssh is not available in this version", expected: expected)
            } else if text.wholeMatch(of: /unix:\/\/\/[^\s\\]+/) != nil, text.utf8.count <= 7 + 107 {
                return text
            } else if let match = text.wholeMatch(of: /tcp:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})/),
                let port = Int(match.2), (1...65535).contains(port)
            {
                return text
            } else {
                field.reject("is no endpoint of a Docker Engine", expected: expected)
            }
            return nil
        },
        write: { .text($0) })
}
