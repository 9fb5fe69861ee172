internal import Glibc
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

    /// An address in its shortest form, as certificates and Docker show it.
    static func shortest(_ text: String) -> String {
        var bytes = in6_addr()
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_pton(AF_INET6, text, &bytes) == 1,
            inet_ntop(AF_INET6, &bytes, &buffer, socklen_t(buffer.count)) != nil
        else { return text }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether a text is a DNS name: labels of letters, digits and hyphens (RFC 1123), the first perhaps `*`.
    static func isHostName(_ text: String) -> Bool {
        var labels = text.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 2, labels.first == "*" { labels.removeFirst() }
        // the last label of a name is no number: what looks like an address is none
        return text.utf8.count <= 253 && labels.last?.utf8.allSatisfy(Amount.isDigit) == false
            && labels.allSatisfy { $0.wholeMatch(of: /[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/) != nil }
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
            return Address.shortest(text)
        },
        write: { .text($0) })

    /// A name or an IP address by which clients call a host.
    static let host = Shape(
        schema: .mapping(["type": .text("string"), "maxLength": .integer(253)]),
        read: { field, _ in
            let expected = "a host name in lower case, or an IP address, for example db.example.com"
            guard let text = field.scalar(expected: expected) else { return nil }
            guard AddressBlock.address(text) == nil, !Address.isIPv6(text) else { return Address.shortest(text) }
            guard Address.isHostName(text) else {
                let lower = text.lowercased()
                field.reject(
                    "is no host name", expected: expected,
                    suggestion: lower != text && Address.isHostName(lower) ? lower : nil)
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
