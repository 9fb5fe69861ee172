import Model
import Testing

@testable import LiveWorld

@Suite("What is performed side by side")
struct StatementOrderTests {
    @Test("statements for one node run in their order, and everything else by itself")
    func chains() {
        let statement = SQLEffect.script("postgres", "SELECT 1")
        let effects: [Effect] = [
            .docker("local", .start("a")), .sql("pg-1", statement), .docker("local", .start("b")),
            .sql("pg-2", statement), .sql("pg-1", .setPassword("app", "role-app")), .patroni("pg-1", .wake),
            .sql("pg-1", .checkpoint),
        ]
        #expect(LiveWorld.chains(effects) == [[0], [1, 4, 6], [2], [3], [5]])
        #expect(LiveWorld.chains([]).isEmpty)
    }
}
