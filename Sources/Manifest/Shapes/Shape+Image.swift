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
        let name =
            /(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]{1,5})?\/)?[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*/
        guard repository.wholeMatch(of: name) != nil else { return "is no image reference" }
        if let tag {
            guard tag.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}/) != nil else {
                return "has a tag that is none"
            }
            return tag == "latest" && digest == nil ? "moves: the tag latest means another image tomorrow" : nil
        }
        return digest == nil ? "has no tag, which means latest" : nil
    }
}
