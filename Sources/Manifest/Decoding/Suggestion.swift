/// "Did you mean": the nearest of some words.
public enum Suggestion {
    /// The one word within two edits of `text`, ignoring case and underscores; nil when none is near.
    public static func nearest(to text: String, among candidates: [String]) -> String? {
        let wanted = normalized(text)
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        let limit = min(2, max(1, wanted.count / 3))
        return
            candidates
            .map { (word: $0, distance: distance(wanted, normalized($0))) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?
            .word
    }

    private static func normalized(_ text: String) -> [Character] {
        Array(text.lowercased().filter { $0 != "_" && $0 != "-" })
    }

    /// Damerau and Levenshtein's distance: insert, delete, replace, swap neighbours.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        if abs(left.count - right.count) > 2 { return 3 }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
