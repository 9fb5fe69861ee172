/// A pass over the tokens before the YAML parser sees the text: it refuses what the manifest does not allow
/// (anchors, aliases, tags, block text, complex keys, directives) and bounds depth and count, so that the parser,
/// which recurses, is never handed anything deep or huge.
///
/// What it allows is small on purpose: every value on one line or in quotes. So it never has to guess where a
/// multi-line plain text ends, and cannot disagree with the parser about what is quoted.
struct Lexer {
    private let source: SourceText
    private var scalars: Substring.UnicodeScalarView
    private var position = Position.start
    private var brackets: [(opener: Unicode.Scalar, position: Position)] = []
    private var nodes = 0
    private var line = Line()
    private(set) var errors: [ManifestError] = []

    static let depthLimit = 32
    static let nodeLimit = 10_000
    /// Each block level takes a column, so this also bounds the depth of blocks.
    static let indentationLimit = 2 * depthLimit * 4

    /// What is known of the line at hand and of the plain text that ended the last one.
    private struct Line {
        /// The column of the block key or dash that the coming values belong to; 0 before the first.
        var structure = 0
        /// The column of this line's first token after its dashes.
        var first = 1
        /// Whether only indentation and `- ` came so far.
        var isAtStart = true
        /// Whether there was any token.
        var isBlank = true
        /// The structure of the line whose last token was plain text; nil after anything else.
        var plainTextAbove: Int?
        /// The same for the line at hand.
        var plainText: Int?
    }

    init(_ source: SourceText) {
        self.source = source
        scalars = Substring(source.text).unicodeScalars
    }

    /// Reads to the end or to the first thing that makes reading on pointless.
    mutating func run() {
        while let next = scalars.first, errors.count <= ManifestRejection.shown {
            if nodes > Self.nodeLimit {
                return refuse("more than \(Self.nodeLimit) values", expected: "at most \(Self.nodeLimit)")
            }
            switch next {
            case "\n": endLine()
            case " ", "\t", "\r": advance()
            case "#": skipComment()
            default: guard mayStart(next), token(next) else { return }
            }
        }
    }

    /// The checks before the first token of a line.
    private mutating func mayStart(_ first: Unicode.Scalar) -> Bool {
        line.isBlank = false
        guard line.isAtStart else { return true }
        if position.column > Self.indentationLimit {
            refuse("nested deeper than \(Self.depthLimit) levels", expected: "at most \(Self.depthLimit) levels")
            return false
        }
        line.first = position.column
        guard continuesPlainText(first) else { return true }
        if let (opener, place) = brackets.last {
            refuse(
                "the \(opener) is never closed, or a value in it goes over several lines",
                expected: "a closing bracket, and each value on one line", at: place)
        } else {
            refuse("a value over several lines is not supported", expected: "one line, or the text in quotes")
        }
        return false
    }

    private mutating func token(_ first: Unicode.Scalar) -> Bool {
        let isIndicator = Self.isBlank(second)
        switch first {
        case "-" where isIndicator && brackets.isEmpty && line.isAtStart:
            nodes += 1
            line.structure = position.column
            line.plainTextAbove = nil
            advance()
            return true
        case ":" where isIndicator || !brackets.isEmpty:
            nodes += 2
            if brackets.isEmpty { line.structure = line.first }
            advance()
        case "?" where isIndicator:
            refuse("complex keys are not supported", expected: "a plain key and a colon")
            advance()
        case "[", "{":
            line.isAtStart = false
            return open(first)
        case "]", "}":
            _ = brackets.popLast()
            advance()
        case ",":
            nodes += 1
            advance()
        case "\"", "'":
            line.isAtStart = false
            return quoted(first)
        default:
            line.isAtStart = false
            return plain(first)
        }
        line.isAtStart = false
        return true
    }

    private func continuesPlainText(_ first: Unicode.Scalar) -> Bool {
        guard line.isAtStart, let above = line.plainTextAbove else { return false }
        if !brackets.isEmpty { return ![",", "]", "}", ":"].contains(first) }
        return position.column > above
    }

    private var second: Unicode.Scalar? { scalars.dropFirst().first }

    private static func isBlank(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return true }
        return scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t"
    }
}

// MARK: - Tokens

extension Lexer {
    private mutating func open(_ opener: Unicode.Scalar) -> Bool {
        brackets.append((opener, position))
        nodes += 1
        guard brackets.count <= Self.depthLimit else {
            refuse("nested deeper than \(Self.depthLimit) levels", expected: "at most \(Self.depthLimit) levels")
            return false
        }
        advance()
        return true
    }

    private mutating func quoted(_ quote: Unicode.Scalar) -> Bool {
        let start = position
        advance()
        while let next = scalars.first {
            if next == "\\", quote == "\"" {
                advance()
                if scalars.first == "\n" { newLine() } else { advance() }
            } else if next == quote {
                advance()
                guard quote == "'", scalars.first == "'" else { return true }
                advance()
            } else if next == "\n" {
                newLine()
            } else {
                advance()
            }
        }
        refuse("the quote is never closed", expected: "a closing \(quote)", at: start)
        return false
    }

    /// Plain text, and everything that may not start one.
    private mutating func plain(_ first: Unicode.Scalar) -> Bool {
        switch first {
        case "&": refuse("anchors are not supported", expected: "the value itself, or the text in quotes")
        case "*": refuse("aliases are not supported", expected: "the value itself, or the text in quotes")
        case "!": refuse("tags are not supported", expected: "the bare value, or the text in quotes")
        case "|", ">":
            if brackets.isEmpty {
                refuse("block text (| and >) is not supported", expected: "the text in quotes on one line")
                return false
            }
        case "%":
            if position.column == 1 { refuse("directives are not supported", expected: "no line that starts with %") }
        default: break
        }
        if isDocumentMarker(first) {
            for _ in 0..<3 { advance() }
            line.structure = 0
            return true
        }
        var previous: Unicode.Scalar = "x"
        while let next = scalars.first, next != "\n", next != "\r" {
            if next == "#", previous == " " || previous == "\t" { break }
            if next == ":", Self.isBlank(second) || (!brackets.isEmpty && Self.isFlow(second)) { return true }
            if !brackets.isEmpty, Self.isFlow(next) { return true }
            previous = next
            advance()
        }
        line.plainText = line.structure
        return true
    }

    private func isDocumentMarker(_ first: Unicode.Scalar) -> Bool {
        guard position.column == 1, first == "-" || first == "." else { return false }
        return scalars.prefix(3).allSatisfy { $0 == first } && Self.isBlank(scalars.dropFirst(3).first)
    }

    private static func isFlow(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        return scalar == "," || scalar == "[" || scalar == "]" || scalar == "{" || scalar == "}"
    }

    private mutating func skipComment() {
        line.plainText = nil
        line.plainTextAbove = nil
        while let next = scalars.first, next != "\n" { advance() }
    }

    /// A line ends: blank lines and comments change nothing, anything else decides whether text may go on below.
    private mutating func endLine() {
        if !line.isBlank { line.plainTextAbove = line.plainText }
        line.plainText = nil
        line.isAtStart = true
        line.isBlank = true
        newLine()
    }

    private mutating func newLine() {
        scalars.removeFirst()
        position = Position(line: position.line + 1, column: 1)
    }

    private mutating func advance() {
        guard !scalars.isEmpty else { return }
        scalars.removeFirst()
        position.column += 1
    }

    private mutating func refuse(_ problem: String, expected: String, at place: Position? = nil) {
        errors.append(
            ManifestError(file: source.file, position: place ?? position, problem: problem, expected: expected))
    }

    /// What is still open at the end, innermost last; nil when everything is closed.
    var unclosed: ManifestError? {
        guard let (opener, position) = brackets.last else { return nil }
        let closer = opener == "[" ? "]" : "}"
        return ManifestError(
            file: source.file, position: position, problem: "the \(opener) is never closed",
            expected: "a closing \(closer)")
    }
}
