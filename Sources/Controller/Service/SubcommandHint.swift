import ArgumentParser
import Manifest

/// "Did you mean" for a subcommand that there is not.
enum SubcommandHint {
    /// A sentence about the first word that is no subcommand where one is wanted; nil where nothing is near.
    static func text(_ words: [String], in root: any ParsableCommand.Type) -> String? {
        var command = root
        for word in words {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-") else { return nil }
            if let next = subcommands.first(where: { $0._commandName == word }) {
                command = next
                continue
            }
            let nearest = Suggestion.nearest(to: word, among: subcommands.map { $0._commandName })
            return nearest.map { "\(Terminal.plain(word)) is no command. Did you mean \($0)?" }
        }
        return nil
    }
}
