import Manifest
import Model
import Testing

@Suite("Text that is no manifest is refused before anything is made of it")
struct TextTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var bytes: [UInt8]
        var place: Position?
        var says: String
        init(_ text: String, _ place: Position?, _ says: String) { self.init(Array(text.utf8), place, says) }
        init(_ bytes: [UInt8], _ place: Position?, _ says: String) {
            self.bytes = bytes
            self.place = place
            self.says = says
        }
        var testDescription: String { says }
    }

    static func at(_ line: Int, _ column: Int) -> Position { Position(line: line, column: column) }

    static let bomb =
        "a: &a [\"lol\",\"lol\"]\n"
        + zip("bcdefghi", "abcdefgh").map { "\($0): &\($0) [*\($1),*\($1),*\($1)]\n" }.joined()

    static let cases: [Refused] = [
        Refused("", at(1, 1), "the manifest is empty; nothing changed"),
        Refused("# only\n# comments\n", at(1, 1), "the manifest is empty; nothing changed"),
        Refused("---\n", nil, "the manifest is empty; nothing changed"),
        Refused("null\n", at(1, 1), "has to be a mapping"),
        Refused("- a\n", at(1, 1), "has to be a mapping"),
        Refused("hello\n", at(1, 1), "has to be a mapping"),
        Refused("a: 1\n\tb: 2\n", at(2, 1), "tab not allowed for indentation"),
        Refused("spec:\n  nodes: [1, 2\n", at(2, 10), "the [ is never closed"),
        Refused("spec: [1,\nb: 2\n", at(1, 7), "the [ is never closed"),
        Refused("spec: {a: 1\n", at(1, 7), "the { is never closed"),
        Refused("spec:\n  a: \"open\n  b: 1\n", at(2, 6), "the quote is never closed"),
        Refused("spec:\n  a: 'it''s open\n", at(2, 6), "the quote is never closed"),
        Refused("a: 1\n---\nb: 2\n", at(2, 1), "exactly one document"),
        Refused(bomb, at(1, 4), "anchors are not supported"),
        Refused("a: *b\n", at(1, 4), "aliases are not supported"),
        Refused("a: !!str b\n", at(1, 4), "tags are not supported"),
        Refused("<<: {a: 1}\n", at(1, 1), "merge keys are not supported"),
        Refused("%YAML 1.1\n---\na: 1\n", at(1, 1), "directives are not supported"),
        Refused("? a\n: b\n", at(1, 1), "complex keys are not supported"),
        Refused("a: |\n  text\n", at(1, 4), "block text"),
        Refused("a: one\n  two\n", at(2, 3), "several lines"),
        Refused("a: b: c\n", at(1, 5), "not valid YAML"),
        Refused(String(repeating: "[", count: 100_000), at(1, 33), "deeper than 32"),
        Refused(String(repeating: "- ", count: 100_000), at(1, 257), "deeper than 32"),
        Refused(String(repeating: "{a: ", count: 50), at(1, 129), "deeper than 32"),
        Refused(String(repeating: "- ", count: 40) + "a", at(1, 65), "deeper than 32"),
        Refused("a: [" + String(repeating: "1,", count: 20_000) + "]", nil, "more than 10000 values"),
        Refused(Array(repeating: 0x20, count: 2 << 20), nil, "at most 1 MiB"),
        Refused(Array("a: b\nc: \u{e9}".utf8) + [0xFF], at(2, 5), "byte 10 is not valid UTF-8 (0xFF)"),
        Refused([0xFF, 0xFE, 0x61, 0x00], at(1, 1), "save as UTF-8"),
        Refused([0x61, 0x00, 0x3A, 0x00], at(1, 1), "save as UTF-8"),
        Refused([0xEF, 0xBB, 0xBF] + Array("a: 1".utf8), at(1, 1), "byte order mark"),
        Refused("a: 1\rb: 2\r", at(1, 6), "carriage return alone"),
        Refused("a: \u{202E}b\n", at(1, 4), "U+202E"),
        Refused("a: \u{1B}[31m\n", at(1, 4), "U+1B"),
        Refused("a: b\u{0}\n", at(1, 5), "U+0"),
    ]

    @Test("each with its place", arguments: cases)
    func refused(_ bad: Refused) {
        guard case .failure(let rejection) = read(bytes: bad.bytes) else {
            Issue.record("was accepted")
            return
        }
        let first = rejection.errors.first { $0.problem.contains(bad.says) || $0.description.contains(bad.says) }
        #expect(first != nil, "\(rejection)")
        if let place = bad.place { #expect(first?.position == place, "\(rejection)") }
    }

    @Test("what stands in quotes or comments is only text")
    func quoted() throws {
        let spec = """
              # &a *b !c [[[ {{{ "
              postgres: # it's
                parameters:
                  search_path: "&a *b !c [[{ # | > ' \\" \\\\"
                  application_name: 'it''s [{ & " *'
                  log_line_prefix: a&b*c!d"e'f#g
            """
        let parameters = try read(manifest(spec)).get().postgres.parameters
        #expect(parameters.map(\.value) == ["&a *b !c [[{ # | > ' \" \\", "it's [{ & \" *", "a&b*c!d\"e'f#g"])
    }

    @Test(
        "ordinary ways to lay out the same lists are all read",
        arguments: [
            "  schema:\n    migrations:\n      - a.sql\n      - b.sql\n    extensions: []",
            "  schema:\n    migrations:\n    - a.sql\n    -   b.sql\n    extensions: []",
            "  schema:\n    migrations:\n    -\n      a.sql\n\n    # between\n    - 'b.sql'\n    extensions: []",
            "  schema:\n    migrations: [a.sql, b.sql]\n    extensions: [ ]",
            "  schema: {migrations: [\n    a.sql,\n    b.sql\n    ], extensions: []}",
            "  schema: {migrations: [a.sql # one\n    , \"b.sql\"], extensions: []}",
            "  \"schema\":\n    extensions: []\n    migrations:\n      - a.sql   # one\n      - b.sql\n",
            "  schema: { 'migrations' : [ a.sql , b.sql ] , \"extensions\":[] }",
            "    schema:\n        migrations:   \n            - a.sql\n            - b.sql\n        extensions:\n            []\n",
            "  schema:\n    migrations:\n      - \"a.s\\\n        ql\"\n      - b.sql\n    extensions: []\n...\n",
        ])
    func layouts(spec: String) throws {
        let schema = try read(manifest(spec)).get().schema
        #expect(schema.migrations.map(\.path) == ["a.sql", "b.sql"])
        #expect(schema.extensions == [])
    }

    @Test("a list of mappings, with the keys below each other and beside the dash")
    func mappings() throws {
        let spec = """
              schema:
                extensions:
                - name: vector
                  version: 0.8.7
                -
                  name: pg_trgm
                - {name: hstore}
                -   version: "1"
                    name: citext
            """
        let extensions = try read(manifest(spec)).get().schema.extensions
        #expect(extensions.map(\.name) == ["vector", "pg_trgm", "hstore", "citext"])
        #expect(extensions.map(\.version) == ["0.8.7", nil, nil, "1"])
    }

    @Test("a hundred megabytes are refused at once")
    func huge() throws {
        let bytes = [UInt8](repeating: 0x20, count: 100 << 20)
        let start = ContinuousClock.now
        guard case .failure(let rejection) = read(bytes: bytes) else {
            Issue.record("was accepted")
            return
        }
        #expect(rejection.description.contains("too large"))
        #expect(ContinuousClock.now - start < .milliseconds(200))
    }
}
