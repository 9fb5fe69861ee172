internal import Model

extension Shape<String> {
    /// One line of `pg_hba.conf`.
    static let hbaRule = Shape(
        schema: .mapping([
            "type": .text("string"),
            "pattern": .text("^(local|host|hostssl|hostnossl|hostgssenc|hostnogssenc)\\s+\\S+\\s+\\S+\\s+.+$"),
        ]),
        read: { field, _ in
            guard let text = field.text(expected: HBARule.example) else { return nil }
            if let (problem, expected) = HBARule.problem(in: text) {
                field.reject(problem, expected: expected)
                return nil
            }
            return text
        },
        write: { .text($0) })
}

/// A line of `pg_hba.conf`, checked field by field.
private enum HBARule {
    static let example = "TYPE DATABASE USER ADDRESS METHOD, for example \"host app pgadmin 10.0.0.0/8 scram-sha-256\""
    private static let types = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"]
    private static let unsafe = [
        "trust": "lets everybody in", "password": "sends the password in the clear", "md5": "is broken",
        "ident": "believes what the client says",
    ]

    static func problem(in text: String) -> (String, String)? {
        guard !text.contains("#"), !text.contains("\\") else { return ("has a comment or a backslash", example) }
        guard let words = words(of: text), let type = words.first else { return ("has an unclosed quote", example) }
        guard types.contains(type) else {
            return (
                "is no rule of pg_hba.conf",
                "a rule that starts with one of "
                    + types.joined(separator: ", ")
            )
        }
        guard words.count >= (type == "local" ? 4 : 5) else { return ("has too few fields", example) }
        var rest = words.dropFirst(3)
        if type != "local" {
            guard let used = addressLength(Array(rest)) else {
                return (
                    "has no valid address",
                    "a block such as 10.0.0.0/8, an address and a mask, a host name, "
                        + "all, samehost or samenet"
                )
            }
            rest = rest.dropFirst(used)
        }
        return methodProblem(Array(rest), type: type)
    }

    private static func methodProblem(_ words: [String], type: String) -> (String, String)? {
        let allowed = type == "local" ? ["scram-sha-256", "peer", "reject"] : ["scram-sha-256", "cert", "reject"]
        let expected = "one of \(allowed.joined(separator: ", "))"
        guard let method = words.first else { return ("has no method", expected) }
        if let reason = unsafe[method] { return ("uses the method \(method), which \(reason)", expected) }
        guard allowed.contains(method) else { return ("uses a method that is not allowed here", expected) }
        guard method != "cert" || type == "hostssl" else { return ("uses cert without hostssl", "hostssl … cert") }
        guard words.dropFirst().allSatisfy({ $0.wholeMatch(of: /[a-z_]+=\S+/) != nil }) else {
            return ("has something after its method that is no option", "name=value")
        }
        return nil
    }

    /// How many words the address takes: two when the mask stands apart; nil when it is none.
    private static func addressLength(_ words: [String]) -> Int? {
        guard let first = words.first else { return nil }
        if ["all", "samehost", "samenet"].contains(first) || AddressBlock(first) != nil { return 1 }
        let parts = first.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, Address.isIPv6(parts[0]), let length = Int(parts[1]), (0...128).contains(length) {
            return 1
        }
        if AddressBlock.address(first) != nil || Address.isIPv6(first) {
            guard words.count > 1, AddressBlock.address(words[1]) != nil || Address.isIPv6(words[1]) else { return nil }
            return 2
        }
        let isHost = first.wholeMatch(of: /\.?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/) != nil
        return isHost && first.wholeMatch(of: /[0-9.]+/) == nil ? 1 : nil
    }

    /// The words of the line, with quoted ones kept whole; nil when a quote stays open.
    private static func words(of text: String) -> [String]? {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "\"" {
                isQuoted.toggle()
                word.append(character)
            } else if !isQuoted, character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return isQuoted ? nil : words
    }
}
