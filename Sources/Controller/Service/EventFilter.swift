import FoundationEssentials
import Model

/// Which lines of the event log are wanted.
struct EventFilter {
    private var since: Timestamp?
    private var object: ObjectName?
    private var kind: Event.Kind?
    private var text: String?

    /// - Parameters:
    ///   - since: a span back from now (`30m`, `2h`, `3d`), or a time.
    ///   - now: milliseconds since 1970.
    init(since: String?, object: String?, kind: String?, text: String?, now: Int64) throws(Failure) {
        self.object = object.map { ObjectName($0) }
        if let kind {
            self.kind = Event.Kind.allCases.first { $0.rawValue.lowercased() == kind.lowercased() }
            let known = Event.Kind.allCases.map { $0.rawValue.lowercased() }.joined(separator: ", ")
            if self.kind == nil { throw Failure(.badInput, "--kind: there is no kind \(kind); there are \(known)") }
        }
        self.text = text?.lowercased()
        if let since { self.since = try Timestamp(since: since, now: now) }
    }

    /// Whether it takes every line.
    var isOpen: Bool { since == nil && object == nil && kind == nil && text == nil }

    /// Whether a line is wanted. One that is no event is wanted only without a filter.
    func takes(_ line: String) -> Bool {
        if isOpen { return true }
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)) else { return false }
        return takes(event, line)
    }

    private func takes(_ event: Event, _ line: String) -> Bool {
        if let since, let time = Timestamp(event.time), time < since { return false }
        if let kind, event.kind != kind { return false }
        if let object, !object.names(event.object) { return false }
        return text.map { line.lowercased().contains($0) } ?? true
    }
}
