import Model
import Testing

@Suite("SQL text")
struct SQLTests {
    @Test("quoted names and strings cannot be left")
    func quoting() {
        #expect(SQL.identifier("a\"; DROP TABLE x; --") == "\"a\"\"; DROP TABLE x; --\"")
        #expect(SQL.literal("it's") == "'it''s'")
        #expect(SQL.literal("\\'") == " E'\\\\'''")
    }

    @Test("whatever scalar stands before or behind a mark, the server reads the text that was meant")
    func everyScalar() {
        for mark in ["\"", "'"] as [Unicode.Scalar] {
            for block in stride(from: UInt32(0), through: 0x10FFFF, by: 1024) {
                var text: [Unicode.Scalar] = []
                for value in max(1, block)..<block + 1024 {
                    guard let scalar = Unicode.Scalar(value) else { continue }
                    text += [scalar, mark, scalar]
                }
                var view = String.UnicodeScalarView()
                view.append(contentsOf: text)
                let quoted = mark == "'" ? SQL.literal(String(view)) : SQL.identifier(String(view))
                guard read(quoted, mark) == text else {
                    Issue.record("U+\(String(block, radix: 16)) and the next, beside \(mark)")
                    return
                }
            }
        }
    }

    /// What PostgreSQL's scanner makes of a quoted text: it goes by bytes, and ends at the first mark that stands alone.
    private func read(_ quoted: String, _ mark: Unicode.Scalar) -> [Unicode.Scalar]? {
        var rest = Array(quoted.unicodeScalars)[...]
        let isEscaped = rest.starts(with: [" ", "E"])
        if isEscaped { rest = rest.dropFirst(2) }
        guard rest.popFirst() == mark else { return nil }
        var text: [Unicode.Scalar] = []
        while let scalar = rest.popFirst() {
            if scalar == mark || isEscaped && scalar == "\\" {
                guard rest.first == scalar else { return scalar == mark && rest.isEmpty ? text : nil }
                rest.removeFirst()
            }
            text.append(scalar)
        }
        return nil
    }
}
