/// One piece of SQL as PostgreSQL's lexer cuts it (`scan.l`), as far as it takes to find where statements begin and end.
struct SQLToken: Equatable {
    enum Kind: Equatable {
        /// An identifier or keyword without quotes, in capitals.
        case word(String)
        /// A string, a quoted identifier, or a number: never a keyword.
        case literal
        /// Any other character.
        case symbol(UInt8)
        /// A backslash and the rest of its line: no SQL, but a command of psql's.
        case metaCommand(String)
        /// A string, a quoted identifier or a comment that does not end.
        case unclosed(String)
    }
    var kind: Kind
    /// Where it begins, in bytes of UTF-8.
    var offset: Int
}

/// Cuts a text into tokens; comments and white space are none. It takes any bytes, and ends.
///
/// `standard_conforming_strings` is on, as in the session that applies migrations.
struct SQLTokens: IteratorProtocol, Sequence {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> SQLToken? {
        while let byte = peek() {
            let start = offset
            switch byte {
            case _ where SQLTokens.isSpace(byte): offset += 1
            case UInt8(ascii: "-") where peek(1) == byte: skipLine()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
                if !skipComment() { return SQLToken(kind: .unclosed("comment"), offset: start) }
            case UInt8(ascii: "'"):
                return SQLToken(kind: skipString(escapes: false) ? .literal : .unclosed("string"), offset: start)
            case UInt8(ascii: "\""):
                return SQLToken(kind: skipQuoted(byte) ? .literal : .unclosed("quoted name"), offset: start)
            case UInt8(ascii: "$"): return dollar(at: start)
            case UInt8(ascii: "\\"):
                skipLine()
                let text = String(decoding: bytes[start..<offset], as: UTF8.self)
                return SQLToken(kind: .metaCommand(String(text.prefix { !$0.isWhitespace })), offset: start)
            case _ where SQLTokens.isDigit(byte):
                while let next = peek(), SQLTokens.isWord(next) || next == UInt8(ascii: ".") { offset += 1 }
                return SQLToken(kind: .literal, offset: start)
            case _ where SQLTokens.beginsWord(byte): return word(at: start)
            default:
                offset += 1
                return SQLToken(kind: .symbol(byte), offset: start)
            }
        }
        return nil
    }

    /// Goes on behind the line that is `\.` alone, where there is one: what stands before it is data of a COPY.
    mutating func skipCopyData() {
        var place = offset
        while place < bytes.count {
            let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            var line = bytes[place..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            place = Swift.min(end + 1, bytes.count)
            if Array(line) == Array("\\.".utf8) {
                offset = place
                return
            }
        }
    }

    private func peek(_ ahead: Int = 0) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

    private mutating func word(at start: Int) -> SQLToken {
        while let next = peek(), SQLTokens.isWord(next) || next == UInt8(ascii: "$") { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        // E'…' alone knows backslash escapes; B'…', N'…', U&'…' and X'…' are a word and a string like any other
        if text == "E" || text == "e", peek() == UInt8(ascii: "'") {
            return SQLToken(kind: skipString(escapes: true) ? .literal : .unclosed("string"), offset: start)
        }
        return SQLToken(kind: .word(SQLTokens.capitals(text)), offset: start)
    }

    /// `$1`, `$$…$$`, `$tag$…$tag$`, or a dollar sign.
    private mutating func dollar(at start: Int) -> SQLToken {
        var end = start + 1
        if end < bytes.count, SQLTokens.beginsWord(bytes[end]) {
            while end < bytes.count, SQLTokens.isWord(bytes[end]) { end += 1 }
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
            offset = start + 1
            return SQLToken(kind: .symbol(bytes[start]), offset: start)
        }
        let delimiter = bytes[start...end]
        offset = end + 1
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "$"), bytes[offset...].starts(with: delimiter) {
                offset += delimiter.count
                return SQLToken(kind: .literal, offset: start)
            }
            offset += 1
        }
        return SQLToken(kind: .unclosed("string"), offset: start)
    }

    private mutating func skipLine() {
        while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { offset += 1 }
    }

    /// Comments nest.
    private mutating func skipComment() -> Bool {
        var depth = 0
        while let byte = peek() {
            switch (byte, peek(1)) {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")): (depth, offset) = (depth + 1, offset + 2)
            case (UInt8(ascii: "*"), UInt8(ascii: "/")): (depth, offset) = (depth - 1, offset + 2)
            default: offset += 1
            }
            if depth == 0 { return true }
        }
        return false
    }

    /// A string and those that continue it on later lines, which are of its kind.
    private mutating func skipString(escapes: Bool) -> Bool {
        repeat {
            guard skipQuoted(UInt8(ascii: "'"), escapes: escapes) else { return false }
        } while continues()
        return true
    }

    /// From a quotation mark to the next that stands alone.
    private mutating func skipQuoted(_ mark: UInt8, escapes: Bool = false) -> Bool {
        offset += 1
        while let byte = peek() {
            if byte == mark {
                offset += 1
                guard peek() == mark else { return true }
                offset += 1
            } else {
                offset += escapes && byte == UInt8(ascii: "\\") ? 2 : 1
            }
        }
        offset = bytes.count
        return false
    }

    /// Whether another quotation mark follows with nothing but white space and a line's end between; then it is gone to.
    private mutating func continues() -> Bool {
        let before = offset
        var hasLineEnd = false
        while let byte = peek() {
            if SQLTokens.isSpace(byte) {
                if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { hasLineEnd = true }
                offset += 1
            } else if byte == UInt8(ascii: "-"), peek(1) == byte, hasLineEnd {
                skipLine()
            } else {
                break
            }
        }
        if hasLineEnd, peek() == UInt8(ascii: "'") { return true }
        offset = before
        return false
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func beginsWord(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
    }
    private static func isWord(_ byte: UInt8) -> Bool { beginsWord(byte) || isDigit(byte) }

    /// Keywords are ASCII, and PostgreSQL folds only that.
    private static func capitals(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
    }
}
