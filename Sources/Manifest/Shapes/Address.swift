internal import Model

/// IP addresses as far as a manifest needs them.
enum Address {
    /// Whether a text is an IPv6 address without a zone.
    static func isIPv6(_ text: some StringProtocol) -> Bool {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard text.contains(":"), halves.count <= 2 else { return false }
        var groups = 0
        for half in halves where !half.isEmpty {
            for part in half.split(separator: ":", omittingEmptySubsequences: false) {
                guard (1...4).contains(part.utf8.count), UInt16(part, radix: 16) != nil, part.first != "+" else {
                    return false
                }
                groups += 1
            }
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }
}

extension Shape<String> {
    /// The address that published ports bind to.
    static let bindAddress = Shape(
        schema: .mapping([
            "type": .text("string"),
            "anyOf": .list([
                .mapping(["format": .text("ipv4")]), .mapping(["format": .text("ipv6")]),
            ]),
        ]),
        read: { field, _ in
            let expected = "an IPv4 or IPv6 address, for example 127.0.0.1"
            guard let text = field.scalar(expected: expected) else { return nil }
            guard AddressBlock.address(text) != nil || Address.isIPv6(text) else {
                field.reject(
                    "is no IP address", expected: expected, suggestion: text == "localhost" ? "127.0.0.1" : nil)
                return nil
            }
            return text
        },
        write: { .text($0) })

    /// A private block for the cluster's network.
    static let subnet = Shape(
        schema: .mapping(["type": .text("string"), "pattern": .text("^[0-9]+(\\.[0-9]+){3}/[0-9]+$")]),
        read: { field, _ in
            let expected = "a private IPv4 block with a prefix of 8 to 29, for example 172.30.0.0/24"
            guard let text = field.scalar(expected: expected) else { return nil }
            guard let block = AddressBlock(text) else {
                field.reject("is no address block", expected: expected)
                return nil
            }
            let privates = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].compactMap { AddressBlock($0) }
            if !(8...29).contains(block.length) {
                field.reject("has a prefix that is too short or too long", expected: expected)
            } else if !block.isAligned {
                field.reject("has bits behind its prefix", expected: expected, suggestion: block.aligned)
            } else if !privates.contains(where: block.lies) {
                field.reject("is no private block", expected: expected)
            } else if let docker = AddressBlock("172.17.0.0/16"), block.overlaps(docker) {
                field.reject("overlaps 172.17.0.0/16, which Docker's default bridge docker0 uses", expected: expected)
            } else {
                return text
            }
            return nil
        },
        write: { .text($0) })
}
