import FoundationEssentials
import Model

/// What was measured on this cluster before, from its own event log.
struct MeasuredHistory {
    /// How many of the newest of each kind count.
    private static let length = 20
    private var seconds: [Measurement.Kind: [Double]] = [:]

    /// Nothing measured.
    init() {}

    /// Reads the event log, with the part of it that was rotated last.
    init(eventsAt path: String) { self.init(MeasuredHistory.events(at: path)) }

    /// From events, oldest first.
    init(_ events: [Event]) {
        for event in events {
            if let measured = event.measured { add(measured) }
        }
    }

    /// The events with a measurement, oldest first.
    static func events(at path: String) -> [Event] {
        var events: [Event] = []
        for file in ["\(path).1", path] {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
            for line in text.split(separator: "\n") where line.contains("\"measured\"") {
                if let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)) { events.append(event) }
            }
        }
        return events
    }

    /// Adds a measurement that is newer than all before.
    mutating func add(_ measured: Measurement) {
        seconds[measured.kind, default: []].append(measured.seconds)
        if seconds[measured.kind, default: []].count > MeasuredHistory.length { seconds[measured.kind]?.removeFirst() }
    }

    /// The median, where something was measured.
    func median(of kind: Measurement.Kind) -> Double? {
        guard let sorted = seconds[kind]?.sorted(), !sorted.isEmpty else { return nil }
        return sorted[sorted.count / 2]
    }

    /// In words: `about 2.1 s (median of 4 here, longest 3.0 s)`; never a figure that was not measured.
    func text(_ kind: Measurement.Kind) -> String {
        guard let list = seconds[kind], let median = median(of: kind), let longest = list.max() else {
            return "a time not measured here yet"
        }
        return list.count == 1
            ? "about \(MeasuredHistory.text(median)) (measured here once)"
            : "about \(MeasuredHistory.text(median)) (median of \(list.count) here, longest \(MeasuredHistory.text(longest)))"
    }

    /// Seconds with one decimal.
    static func text(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
