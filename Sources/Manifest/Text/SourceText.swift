/// A manifest's text after the checks that need no grammar: size, encoding, and characters that hide what is meant.
struct SourceText {
    let file: String
    let text: String

    static let sizeLimit = 1 << 20

    init(bytes: [UInt8], file: String) throws(ManifestRejection) {
        func refuse(_ problem: String, at position: Position? = nil, expected: String? = nil) -> ManifestRejection {
            ManifestRejection(errors: [
                ManifestError(file: file, position: position, problem: problem, expected: expected)
            ])
        }
        guard bytes.count <= Self.sizeLimit else {
            throw refuse("the manifest is too large, \(bytes.count) bytes", expected: "at most 1 MiB")
        }
        if let encoding = Self.foreignEncoding(bytes) {
            throw refuse(
                "the file is \(encoding)", at: .start, expected: "UTF-8 without a byte order mark: save as UTF-8")
        }
        if let offset = Self.invalidOffset(bytes) {
            throw refuse(
                "byte \(offset) is not valid UTF-8 (0x\(Self.hexadecimal(bytes[offset])))",
                at: Self.position(ofByte: offset, in: bytes), expected: "UTF-8 text")
        }
        self.file = file
        text = String(decoding: bytes, as: UTF8.self)
        let errors = hiddenCharacters()
        guard errors.isEmpty else { throw ManifestRejection(errors: errors) }
    }

    private static func foreignEncoding(_ bytes: [UInt8]) -> String? {
        let start = Array(bytes.prefix(4))
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { return "UTF-8 with a byte order mark" }
        if start.starts(with: [0xFF, 0xFE, 0, 0]) || start.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
        guard start.count == 4, start.contains(0) else { return nil }
        return "UTF-16 or binary"
    }

    private static func invalidOffset(_ bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var offset = 0
        while offset < bytes.count {
            let length = sequenceLength(bytes, at: offset)
            if length == 0 { return offset }
            offset += length
        }
        return nil
    }

    /// The length of the well-formed sequence that starts here, or 0.
    private static func sequenceLength(_ bytes: [UInt8], at offset: Int) -> Int {
        let length =
            switch bytes[offset] {
            case 0x00...0x7F: 1
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard length > 0, offset + length <= bytes.count else { return 0 }
        return String(validating: bytes[offset..<offset + length], as: UTF8.self) == nil ? 0 : length
    }

    private static func position(ofByte offset: Int, in bytes: [UInt8]) -> Position {
        let before = String(decoding: bytes[..<offset], as: UTF8.self).unicodeScalars
        let line = before.count { $0 == "\n" } + 1
        let column = (before.lastIndex(of: "\n").map { before[before.index(after: $0)...].count } ?? before.count) + 1
        return Position(line: line, column: column)
    }

    static func hexadecimal(_ value: some BinaryInteger) -> String { String(value, radix: 16, uppercase: true) }
}

extension SourceText {
    /// Characters that make a text mean something else than what is seen, and tabs in indentation.
    private func hiddenCharacters() -> [ManifestError] {
        var errors: [ManifestError] = []
        var here = Position.start
        var inIndentation = true
        var previous: Unicode.Scalar = "\n"
        func report(_ problem: String, expected: String, at position: Position) {
            errors.append(ManifestError(file: file, position: position, problem: problem, expected: expected))
        }
        for scalar in text.unicodeScalars {
            if previous == "\r", scalar != "\n" {
                report("a carriage return alone does not end a line", expected: "LF or CRLF line ends", at: here)
                break
            }
            if scalar == "\t" {
                if inIndentation {
                    report("tab not allowed for indentation", expected: "spaces", at: here)
                    inIndentation = false
                }
            } else if scalar != " ", scalar != "-" {
                inIndentation = false
            }
            if Self.isHidden(scalar) {
                report(
                    "the invisible or control character U+\(Self.hexadecimal(scalar.value)) is not allowed",
                    expected: "visible text", at: here)
            }
            if errors.count > ManifestRejection.shown { break }
            if scalar == "\n" {
                here = Position(line: here.line + 1, column: 1)
                inIndentation = true
            } else {
                here.column += 1
            }
            previous = scalar
        }
        if previous == "\r" {
            report("a carriage return alone does not end a line", expected: "LF or CRLF line ends", at: here)
        }
        return errors
    }

    /// Characters that are not seen, or make others seen in another order.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
            0xFEFF, 0xFFF9...0xFFFF, 0xE000...0xF8FF, 0xE0000...0x10FFFF:
            true
        default: false
        }
    }
}
