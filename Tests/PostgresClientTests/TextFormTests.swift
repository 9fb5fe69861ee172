import PostgresClient
import Testing

struct TextFormTests {
    @Test("values take the text form that the server reads")
    func values() {
        #expect(PostgresValue(bytes: [0, 171, 255]).text == "\\x00abff")
        #expect(PostgresValue(array: ["a", "b,c", "d\"e", "f\\g", ""]).text == #"{"a","b,c","d\"e","f\\g",""}"#)
        #expect(PostgresValue(array: ["a\u{600}\"b", "\"\u{301}"]).text == "{\"a\u{600}\\\"b\",\"\\\"\u{301}\"}")
        #expect(PostgresValue(-Double.infinity).text == "-Infinity")
        #expect(PostgresValue(true).text == "true")
        #expect((nil as PostgresValue).text == nil)
        #expect((42 as PostgresValue).text == "42")
    }

    @Test("settings with spaces and backslashes survive the startup packet")
    func options() {
        let configuration = PostgresConfiguration(
            host: "h", user: "u", settings: ["search_path": "a, b", "x.y": "\\"])
        #expect(configuration.startupOptions == #"-c search_path=a,\ b -c x.y=\\"#)
    }

    @Test("a password comes with the demand that the server asks for no more than a proof of it")
    func passwordIsProven() {
        func words(password: String?, library: Int) -> [String: String] {
            let configuration = PostgresConfiguration(host: "h", user: "u", password: password, settings: [:])
            let all = configuration.keywords(addresses: [], libraryVersion: library)
            return Dictionary(all) { first, _ in first }
        }
        #expect(words(password: "p", library: 180_006)["require_auth"] == "scram-sha-256")
        // older libraries refuse a keyword that they do not know
        #expect(words(password: "p", library: 150_018)["require_auth"] == nil)
        #expect(words(password: nil, library: 180_006)["require_auth"] == nil)
    }

    @Test("every address of a name is offered to libpq, paired with the name")
    func addresses() {
        let words = Dictionary(
            PostgresConfiguration(host: "db", user: "u", settings: [:]).keywords(addresses: ["10.0.0.1", "fd00::1"])
        ) { first, _ in first }
        #expect(words["host"] == "db,db")
        #expect(words["hostaddr"] == "10.0.0.1,fd00::1")
    }
}

struct PostgresRowTests {
    private let row = PostgresRow(
        names: ["n", "t", "z", "l", "a", "e"], cells: ["42", "t", nil, "16/B374D848", #"{a,"b,c","d\"e",""}"#, "{}"],
        host: "h")

    @Test("cells are read as their types, NULL as nil")
    func types() throws {
        #expect(try row.int("n") == 42)
        #expect(try row.double("n") == 42)
        #expect(try row.bool("t") == true)
        #expect(try row.string("z") == nil)
        #expect(try row.int("z") == nil)
        #expect(try row.lsn("l") == 0x16_B374_D848)
        #expect(try row.strings("a") == ["a", "b,c", "d\"e", ""])
        #expect(try row.strings("e") == [])
    }

    @Test("a missing column and a value of another type are errors, not nil")
    func mistakes() {
        #expect(throws: PostgresError.self) { try row.string("missing") }
        #expect(throws: PostgresError.self) { try row.int("t") }
        #expect(throws: PostgresError.self) { try row.bool("n") }
        #expect(throws: PostgresError.self) { try row.lsn("n") }
        #expect(throws: PostgresError.self) { try row.strings("n") }
    }
}
