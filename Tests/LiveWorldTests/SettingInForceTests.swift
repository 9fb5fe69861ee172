import Testing

@testable import LiveWorld

@Suite("A parameter that was changed is in force")
struct SettingInForceTests {
    @Test(
        "when PostgreSQL shows the same in its own words",
        arguments: [
            ("120", "120", nil, "integer", true), ("120", "100", nil, "integer", false),
            ("64MB", "8192", "8kB", "integer", true), ("65MB", "8192", "8kB", "integer", false),
            ("1GB", "1024", "MB", "integer", true), ("1310kB", "1310", "kB", "integer", true),
            ("60s", "60", "s", "integer", true), ("1min", "60", "s", "integer", true),
            ("500ms", "500", "ms", "integer", true), ("0.5s", "500", "ms", "integer", true),
            ("-1", "512", "8kB", "integer", true), ("0", "0", nil, "integer", true), ("0", "5", nil, "integer", false),
            ("0.9", "0.9", nil, "real", true), ("2ms", "2", "ms", "real", true), ("0.5", "0.9", nil, "real", false),
            ("on", "on", nil, "bool", true), ("true", "on", nil, "bool", true), ("off", "on", nil, "bool", false),
            ("logical", "replica", nil, "enum", false), ("on", "pglz", nil, "enum", true),
            ("off", "on", nil, "enum", false),
            ("vector", "vector", nil, "string", true), ("a,b", "a", nil, "string", false),
        ] as [(String, String, String?, String, Bool)])
    func same(_ wanted: String, _ shown: String, _ unit: String?, _ type: String, _ isSame: Bool) {
        let setting = SettingInForce(name: "some", setting: shown, unit: unit, type: type)
        #expect(setting.isSame(as: wanted) == isSame)
    }

    @Test("also when it finds the size itself")
    func automatic() {
        #expect(
            SettingInForce(name: "commit_timestamp_buffers", setting: "256", unit: "8kB", type: "integer").isSame(
                as: "0"))
    }
}
