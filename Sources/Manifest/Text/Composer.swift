internal import Yams

/// Turns a text into one tree, or says where it is no YAML that a manifest may use.
struct Composer {
    private var source: SourceText
    private var errors: [ManifestError] = []
    private var nodes = 0
    /// Keys that were written twice: the stand-in for the first one, and where it was.
    private var renamed: [String: (key: String, position: Position)] = [:]

    private init(_ source: SourceText) { self.source = source }

    /// Composes the text's one document.
    static func compose(_ source: SourceText) throws(ManifestRejection) -> (tree: Tree, errors: [ManifestError]) {
        var lexer = Lexer(source)
        lexer.run()
        guard lexer.errors.isEmpty else { throw ManifestRejection(errors: lexer.errors) }
        var composer = Composer(source)
        do {
            guard let tree = try composer.document(source.text) else {
                throw composer.failure("the manifest is empty; nothing changed", at: .start)
            }
            return (tree, composer.errors)
        } catch let error as ManifestRejection {
            throw error
        } catch let error as YamlError {
            throw composer.rejection(of: error, unclosed: lexer.unclosed)
        } catch {
            throw composer.failure("the text cannot be read as YAML", at: nil)
        }
    }

    /// The document, read again for every key that was written twice, with the first of the two out of the way:
    /// so one duplicate does not hide the mistakes behind it.
    private mutating func document(_ original: String) throws -> Tree? {
        var text = original
        while true {
            do {
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else { return nil }
                // Nodes hold their anchors weakly, the parser strongly: it has to live until the tree is checked.
                return withExtendedLifetime(parser) { convert(root, depth: 1, path: "") }
            } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
                let place = Position(context.mark)
                let stand = Unicode.Scalar(0xE000 + UInt32(renamed.count)) ?? "\u{E000}"
                guard renamed.count < ManifestRejection.shown, let key = duplicates.first,
                    let changed = Self.rename(in: text, at: place, to: stand)
                else { throw failure("the same key stands twice in one mapping", at: place) }
                renamed[String(stand)] = (key, place)
                text = changed
            }
        }
    }

    /// Replaces the first character of the key at this place.
    private static func rename(in text: String, at place: Position, to stand: Unicode.Scalar) -> String? {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        var column = place.column - 1
        guard lines.indices.contains(place.line - 1), lines[place.line - 1].indices.contains(column) else { return nil }
        let first = lines[place.line - 1][column]
        if first == "\"" || first == "'" {
            column += 1
            guard lines[place.line - 1].indices.contains(column), lines[place.line - 1][column] != first else {
                return nil
            }
        } else if ["[", "{", ":", ","].contains(first) {
            return nil
        }
        lines[place.line - 1][column] = stand
        var result = String.UnicodeScalarView()
        result.append(contentsOf: lines.joined(separator: ["\n"]))
        return String(result)
    }
}

// MARK: - Nodes

extension Composer {
    private mutating func convert(_ node: Node, depth: Int, path: String) -> Tree {
        let place = node.mark.map(Position.init) ?? .start
        nodes += 1
        let empty = Tree(content: .scalar("", isPlain: true), position: place)
        if node.anchor != nil {
            return refused("anchors and aliases are not supported", "the value itself", empty, path)
        }
        if nodes > Lexer.nodeLimit { return refused("more than \(Lexer.nodeLimit) values", "fewer", empty, path) }
        if depth > Lexer.depthLimit {
            return refused(
                "nested deeper than \(Lexer.depthLimit) levels", "at most \(Lexer.depthLimit) levels", empty, path)
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return Tree(content: .scalar(scalar.string, isPlain: isPlain), position: place)
        case .sequence(let sequence):
            let items = sequence.enumerated().map { convert($1, depth: depth + 1, path: "\(path)[\($0)]") }
            return Tree(content: .list(items), position: place)
        case .mapping(let mapping):
            return Tree(content: .mapping(entries(mapping, depth: depth, path: path)), position: place)
        case .alias: return refused("aliases are not supported", "the value itself", empty, path)
        }
    }

    private mutating func entries(_ mapping: Node.Mapping, depth: Int, path: String) -> [Tree.Entry] {
        var entries: [Tree.Entry] = []
        for (key, value) in mapping {
            let place = key.mark.map(Position.init) ?? .start
            guard case .scalar(let scalar) = key, key.anchor == nil, !scalar.string.isEmpty else {
                note("a key has to be plain text", expected: "a field's name", at: place, path: path)
                continue
            }
            if let first = scalar.string.unicodeScalars.first, let (key, firstPlace) = renamed[String(first)] {
                noteDuplicate(key, firstPlace: firstPlace, in: mapping, path: path)
                continue
            }
            if scalar.string == "<<" {
                note("merge keys are not supported", expected: "the fields themselves", at: place, path: path)
                continue
            }
            let tree = convert(value, depth: depth + 1, path: Tree.path(path, scalar.string))
            entries.append(Tree.Entry(key: scalar.string, position: place, value: tree))
        }
        return entries
    }

    private mutating func noteDuplicate(_ key: String, firstPlace: Position, in mapping: Node.Mapping, path: String) {
        let places = mapping.compactMap { $0.key.string == key ? $0.key.mark.map(Position.init) : nil }
        note(
            "duplicate key \"\(Tree.excerpt(key))\", first written on line \(firstPlace.line)",
            expected: "each key once",
            at: places.first ?? firstPlace, path: Tree.path(path, key))
    }

    private mutating func refused(_ problem: String, _ expected: String, _ tree: Tree, _ path: String) -> Tree {
        note(problem, expected: expected, at: tree.position, path: path)
        return tree
    }

    private mutating func note(_ problem: String, expected: String, at place: Position, path: String) {
        errors.append(
            ManifestError(file: source.file, position: place, path: path, problem: problem, expected: expected))
    }
}

// MARK: - The parser's own errors

extension Composer {
    private func failure(_ problem: String, at place: Position?, expected: String? = nil) -> ManifestRejection {
        ManifestRejection(errors: [
            ManifestError(file: source.file, position: place, problem: problem, expected: expected)
        ])
    }

    private func rejection(of error: YamlError, unclosed: ManifestError?) -> ManifestRejection {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            if let unclosed { return ManifestRejection(errors: [unclosed]) }
            let start = context.map { ", \($0.text) that starts on line \($0.mark.line)" } ?? ""
            return failure("not valid YAML: \(problem)\(start)", at: Position(mark))
        case .composer(_, let problem, let mark, _):
            let isSecond = problem.contains("another document")
            return failure(
                isSecond ? "a second document starts here" : problem, at: Position(mark),
                expected: isSecond ? "exactly one document" : nil)
        case .reader(let problem, _, _, _): return failure("not readable: \(problem)", at: nil)
        case .duplicatedKeysInMapping, .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return failure("the text cannot be read as YAML", at: nil)
        }
    }
}

extension Position {
    fileprivate init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}
