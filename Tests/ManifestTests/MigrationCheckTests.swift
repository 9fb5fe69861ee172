import Testing

@testable import Manifest

@Suite("What a migration cannot hold")
struct MigrationCheckTests {
    private func found(_ sql: String) -> [String] {
        MigrationCheck.findings(in: sql).map { "\($0.position) \($0.got)" }
    }

    @Test("is refused with the file, the place in it, the field, the reason, and what to do")
    func message() {
        let errors = mistakes(manifest("  schema: {migrations: [a.sql, sql/blocks.sql]}")).map(\.description)
        #expect(
            errors == [
                "sql/blocks.sql:3:3: spec.schema.migrations[1]: the file is applied and recorded in one transaction, which it "
                    + "can neither begin nor end itself (got BEGIN); expected a file without this statement; if it was "
                    + "applied already, take the file out of the list: its record stays",
                "sql/blocks.sql:5:1: spec.schema.migrations[1]: the file is applied and recorded in one transaction, which it "
                    + "can neither begin nor end itself (got COMMIT); expected a file without this statement; if it was "
                    + "applied already, take the file out of the list: its record stays",
            ])
    }

    static let refused: [(String, String)] = [
        ("BEGIN;", "1:1 BEGIN"), ("begin work", "1:1 BEGIN WORK"),
        ("START TRANSACTION READ ONLY;", "1:1 START TRANSACTION"),
        ("COMMIT", "1:1 COMMIT"), ("Commit AND CHAIN;", "1:1 COMMIT AND"), ("END;", "1:1 END"),
        ("ROLLBACK;", "1:1 ROLLBACK"),
        ("ROLLBACK TO s;", "1:1 ROLLBACK TO"), ("ABORT;", "1:1 ABORT"), ("SAVEPOINT s;", "1:1 SAVEPOINT S"),
        ("RELEASE s;", "1:1 RELEASE S"), ("PREPARE TRANSACTION 'x';", "1:1 PREPARE TRANSACTION"),
        ("COMMIT PREPARED 'x';", "1:1 COMMIT PREPARED"), ("ROLLBACK PREPARED 'x';", "1:1 ROLLBACK PREPARED"),
        ("SET TRANSACTION READ ONLY;", "1:1 SET TRANSACTION READ"),
        ("SELECT 1;\n\t-- ä\n\tCOMMIT;", "3:2 COMMIT"), ("SELECT 'ä'; COMMIT;", "1:13 COMMIT"),
        ("/* a /* b */ c */ COMMIT;", "1:19 COMMIT"), ("SELECT E'\\''; COMMIT;", "1:15 COMMIT"),
        ("SELECT 'a\\'; COMMIT; --'", "1:14 COMMIT"), ("SELECT e'a'\n  'b\\''; COMMIT;", "2:10 COMMIT"),
        ("SELECT 'a' -- '\n 'b\\'; COMMIT;", "2:8 COMMIT"), ("SELECT $1; COMMIT;", "1:12 COMMIT"),
        ("SELECT a$b$c; COMMIT; SELECT a$b$c;", "1:15 COMMIT"), ("SELECT $a$ $b$ $a$; COMMIT;", "1:21 COMMIT"),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END AS end; END; COMMIT;",
            "1:102 COMMIT"
        ),
        ("CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; COMMIT); END", "1:66 END"),
        ("\\restrict abc\nSELECT 1;", "1:1 \\restrict"), ("SELECT 1 \\gset", "1:10 \\gset"),
        ("\\i other.sql", "1:1 \\i"),
        ("CREATE INDEX CONCURRENTLY i ON t (a);", "1:1 CREATE INDEX CONCURRENTLY"),
        ("create unique index concurrently on t (a)", "1:1 CREATE INDEX CONCURRENTLY"),
        ("DROP INDEX CONCURRENTLY i", "1:1 DROP INDEX CONCURRENTLY"),
        ("REINDEX INDEX CONCURRENTLY i", "1:1 REINDEX CONCURRENTLY"),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE t", "1:1 REINDEX CONCURRENTLY"),
        ("REINDEX (VERBOSE) SCHEMA s", "1:1 REINDEX SCHEMA"), ("REINDEX DATABASE", "1:1 REINDEX DATABASE"),
        ("ALTER TABLE a.b DETACH PARTITION \"x\" CONCURRENTLY;", "1:1 DETACH PARTITION … CONCURRENTLY"),
        ("VACUUM ANALYZE t;", "1:1 VACUUM"), ("CLUSTER;", "1:1 CLUSTER"), ("CLUSTER (VERBOSE)", "1:1 CLUSTER"),
        ("CREATE DATABASE d;", "1:1 CREATE DATABASE"), ("DROP DATABASE IF EXISTS d;", "1:1 DROP DATABASE"),
        ("ALTER DATABASE d SET TABLESPACE t", "1:1 ALTER DATABASE … SET TABLESPACE"),
        ("CREATE TABLESPACE t LOCATION '/t'", "1:1 CREATE TABLESPACE"), ("DROP TABLESPACE t", "1:1 DROP TABLESPACE"),
        ("ALTER SYSTEM SET work_mem = 1", "1:1 ALTER SYSTEM"), ("DISCARD ALL", "1:1 DISCARD ALL"),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "1:1 CREATE SUBSCRIPTION"),
        ("COPY t (a, b) FROM stdin WITH (FORMAT csv);\n1,'\n\\.\nSELECT 1;", "1:1 COPY … FROM stdin"),
        ("COPY (SELECT * FROM t) TO STDOUT;", "1:1 COPY … TO stdout"),
        ("SELECT 1; SELECT 'x", "1:18 string"), ("/* /* */ SELECT 1", "1:1 comment"), ("SELECT $x$ $y$", "1:8 string"),
        ("SELECT \"a", "1:8 quoted name"),
    ]

    @Test("each at its place", arguments: refused)
    func refuses(_ sql: String, _ expected: String) { #expect(found(sql) == [expected], "\(sql)") }

    @Test(
        "what only looks like it passes",
        arguments: [
            "", ";;", "-- COMMIT;\n/* BEGIN; */", "SELECT 'COMMIT'; SELECT 'it''s; COMMIT;'",
            "SELECT E'\\'; COMMIT; --';",
            "SELECT U&'d\\0061t\\+000061; COMMIT;'", "SELECT \"commit\" AS begin, commit FROM \"a;b\"\"; COMMIT;\"",
            "CREATE TABLE t (\"end\" int, commit int, begin int, rollback text DEFAULT 'COMMIT;');",
            "DO $$ BEGIN PERFORM 1; COMMIT; END $$;",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\n  RETURN $$END;$$;\nEND;\n$body$;",
            "CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (1); DELETE FROM u; END;",
            "CREATE OR REPLACE FUNCTION f(a int) RETURNS int\nBEGIN ATOMIC\n SELECT CASE a WHEN 1 THEN 2 ELSE 3 END;\n"
                + " SELECT t.end FROM t;\n RETURN (SELECT CASE WHEN true THEN 1 END);\nEND;\nSELECT 2;",
            "SELECT CASE WHEN a THEN b END FROM t; SELECT 1",
            "PREPARE transaction AS SELECT 1; PREPARE p(int) AS SELECT $1;",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY m;", "ALTER TABLE a DETACH PARTITION b;",
            "CLUSTER t USING i; CLUSTER \"t\";",
            "REINDEX TABLE t; REINDEX (VERBOSE) INDEX i;", "ANALYZE;", "DISCARD TEMP;",
            "SET ROLE x; RESET ROLE; SET work_mem = 1;",
            "ALTER DATABASE d SET work_mem = 1; ALTER DATABASE d REFRESH COLLATION VERSION;",
            "COPY t FROM '/data/t.csv'; COPY (SELECT 1 FROM stdin) TO '/x';", "ALTER TYPE e ADD VALUE 'x';",
            "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false);",
            "SET SESSION AUTHORIZATION DEFAULT",
            "SELECT a::int, b[1:2], c ->> 'x', d @> e, 1e3, 1.5, $1 FROM t WHERE x <> y", "SELECT 1-- COMMIT\n;",
            "SELECT 'a'\n'b; COMMIT;'", "SELECT $é$; COMMIT; $é$", "START_OVER; BEGINNING; COMMITTED;",
        ])
    func accepts(_ sql: String) { #expect(found(sql) == [], "\(sql)") }

    @Test("the words of a statement in any kind of literal are no statement")
    func literals() {
        var generator = SeededGenerator(seed: 7)
        let pieces =
            Self.refused.map(\.0) + [
                "'", "''", "\\", "\"", "$", "$$", "$a$", "/*", "*/", "--", "\n", ";", "é", "(", ")",
            ]
        for _ in 0..<2000 {
            let count = Int.random(in: 1...6, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined(separator: " ")
            var tag = "$q$"
            while text.contains(tag.dropLast()) { tag = "$q" + tag.dropFirst() }
            let doubled = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            let escaped = text.unicodeScalars.map { "'\\".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }.joined()
            let quoted = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            let comment = text.split(separator: "*").joined(separator: " ").split(separator: "\n").joined(
                separator: " ")
            for wrapped in [
                "SELECT '\(doubled)';", "SELECT E'\(escaped)';", "SELECT \(tag)\(text)\(tag);", "SELECT \"\(quoted)\";",
                "/* \(comment) /* \(comment) */ */ SELECT 1;", "SELECT 1; -- \(comment)\nSELECT 2;",
            ] {
                #expect(found(wrapped) == [], "\(wrapped)")
                #expect(found(wrapped + "\nCOMMIT;").count == 1, "\(wrapped)")
            }
        }
    }

    @Test("any text at all comes to an end, and each place lies in it")
    func anything() {
        var generator = SeededGenerator(seed: 11)
        let words = Self.refused.map(\.0).joined(separator: " ").unicodeScalars.map(String.init)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? words.randomElement(using: &generator) ?? ""
                    : Unicode.Scalar(UInt32.random(in: 1...0x2FFF, using: &generator)).map(String.init) ?? ""
            }.joined()
            let lines = text.utf8.count { $0 == 10 } + 1
            for finding in MigrationCheck.findings(in: text) {
                #expect((1...lines).contains(finding.position.line), "\(text)")
            }
            // bytes that are no UTF-8 do not reach the check, and would do no harm
            var bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            bytes.append(0x80)
            #expect(SQLTokens(bytes).allSatisfy { $0.offset < bytes.count })
        }
    }
}
