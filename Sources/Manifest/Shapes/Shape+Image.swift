internal import Model

extension Shape<ImageReference> {
    /// An image pinned to an exact tag or a digest.
    static let image = Shape(
        schema: .mapping(["type": .text("string"), "minLength": .integer(3)]),
        read: { field, _ in
            let expected = "repository:tag or repository@sha256:… with an exact tag"
            guard let text = field.text(expected: expected) else { return nil }
            if let problem = problem(with: text) {
                field.reject(problem, expected: expected)
                return nil
            }
            return ImageReference(text)
        },
        write: { .text($0.text) })

    private static func problem(with text: String) -> String? {
        guard text.utf8.count <= 255 else { return "is longer than 255 bytes" }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let digest = parts.count == 2 ? parts[1] : nil
        if let digest, digest.wholeMatch(of: /sha256:[0-9a-f]{64}/) == nil {
            return "has a digest that is not sha256: and 64 hexadecimal digits"
        }
        var repository = parts[0]
        var tag: Substring?
        if let colon = repository.lastIndex(of: ":"), !repository[colon...].contains("/") {
            tag = repository[repository.index(after: colon)...]
            repository = repository[..<colon]
        }
        guard isRepository(repository) else { return "is no image reference" }
        if let tag {
            guard tag.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}/) != nil else {
                return "has an unusable tag"
            }
            return tag == "latest" && digest == nil ? "moves: the tag latest means another image tomorrow" : nil
        }
        return digest == nil ? "has no tag, which means latest" : nil
    }

    /// A registry with an optional port, and path components in lower case.
    private static func isRepository(_ text: Substring) -> Bool {
        var components = text.split(separator: "/", omittingEmptySubsequences: false)
        if components.count > 1, let host = components.first, host.contains(where: { $0 == "." || $0 == ":" }) {
            guard host.wholeMatch(of: /[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]{1,5})?/) != nil else { return false }
            components.removeFirst()
        }
        return components.allSatisfy { component in
            guard let first = component.utf8.first, let last = component.utf8.last else { return false }
            return isLetterOrDigit(first) && isLetterOrDigit(last)
                && component.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
                && !component.contains("..") && !component.contains("___")
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || Amount.isDigit(byte)
    }
}
