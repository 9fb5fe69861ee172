/// What one reading of a manifest finds: its mistakes, and where each field stands.
final class Diagnostics {
    let file: String
    let files: ManifestFiles
    private(set) var errors: [ManifestError] = []
    private var positions: [String: Position] = [:]

    init(file: String, files: ManifestFiles) {
        self.file = file
        self.files = files
    }

    func note(_ error: ManifestError) { errors.append(error) }

    func record(_ path: String, at position: Position) { positions[path] = position }

    /// Whether the manifest itself says something here.
    func isGiven(_ path: String) -> Bool { positions[path] != nil }

    /// Where a field stands, or the nearest section around it that is written.
    func position(of path: String) -> Position {
        var path = Substring(path)
        while true {
            if let position = positions[String(path)] { return position }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return .start }
            path = path[..<cut]
        }
    }

    /// A rule between fields. It is not asked when one of them was refused already: its value would be a default
    /// and not what the file says.
    func require(
        _ holds: Bool, at path: String, with others: [String] = [], _ problem: @autoclosure () -> String,
        got: @autoclosure () -> String? = nil, expected: @autoclosure () -> String? = nil
    ) {
        guard !holds, !isRefused(path), !others.contains(where: isRefused) else { return }
        let place = ([path] + others).first(where: isGiven) ?? path
        note(
            ManifestError(
                file: file, position: position(of: place), path: place, problem: problem(), got: got(),
                expected: expected()))
    }

    private func isRefused(_ path: String) -> Bool {
        errors.contains { $0.path == path || $0.path.hasPrefix(path + ".") || path.hasPrefix($0.path + ".") }
    }
}
