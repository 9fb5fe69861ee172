/// An object as a person names it: `pg-node-1`, `container pg-node-1`, `leadership`.
struct ObjectName: Equatable {
    /// In lower case.
    let text: String

    init(_ text: String) { self.text = text.lowercased() }

    /// Whether an object of an event or a condition is the one that is named.
    func names(_ object: String) -> Bool {
        let object = object.lowercased()
        return object == text || object.split(separator: " ").contains(Substring(text))
    }

    /// Whether a sentence speaks of it.
    func isMentioned(in sentence: String) -> Bool {
        sentence.lowercased().split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }
            .contains { $0 == text || $0.hasSuffix(".") && $0.dropLast() == text }
    }
}
