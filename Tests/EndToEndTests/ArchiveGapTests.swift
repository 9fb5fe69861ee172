import TestSupport
import Testing

/// The arithmetic of `task verify`, which a real archive with forks in it would take minutes to show; it needs no Docker.
@Suite("Which WAL an archive must hold")
struct ArchiveGapTests {
    @Test(
        "all from the oldest backup to the end of the newest timeline, and nothing of branches that were left",
        arguments: [
            // from the oldest backup on; what came after the newest settled segment may still have gaps
            ("[(1, 0, end)]", "[((1, 2), (1, 3))]", "[(1, 5)]", "{(1, 2), (1, 3), (1, 4), (1, 5)}"),
            // nothing settled: up to the newest backup
            ("[(1, 0, end)]", "[((1, 2), (1, 2)), ((1, 4), (1, 4))]", "[]", "{(1, 2), (1, 3), (1, 4)}"),
            // timeline 2 began at 10: what 1 wrote after that is not needed, and does not make 2 longer
            (
                "[(1, 0, 10), (2, 10, end)]", "[((1, 8), (1, 8))]", "[(1, 8), (1, 20), (2, 11)]",
                "{(1, 8), (1, 9), (2, 10), (2, 11)}"
            ),
            ("[(1, 0, 10), (2, 10, end)]", "[((1, 8), (1, 8))]", "[(1, 9), (1, 20)]", "{(1, 8), (1, 9)}"),
            // a backup on the branch that was left needs itself only
            (
                "[(1, 0, 10), (2, 10, end)]", "[((1, 15), (1, 16)), ((2, 12), (2, 12))]", "[(2, 13)]",
                "{(1, 15), (1, 16), (2, 12), (2, 13)}"
            ),
        ])
    func wanted(branches: String, backups: String, settled: String, expected: String) async throws {
        try await check("task.wanted(\(branches), \(backups), \(settled)) == \(expected)")
    }

    @Test("named as PostgreSQL names it")
    func names() async throws {
        try await check("task.segment('000000020000000100000003') == (2, 259)")
        try await check("task.segment_name(2, 259) == '000000020000000100000003'")
    }

    private func check(_ claim: String) async throws {
        let script = """
            import importlib.machinery as m, importlib.util as u, sys
            sys.dont_write_bytecode = True
            loader = m.SourceFileLoader("task", "\(Program.root)/deploy/images/postgres/task")
            task = u.module_from_spec(u.spec_from_loader("task", loader)); loader.exec_module(task)
            end = sys.maxsize
            sys.exit(0 if \(claim) else "not so: " + \(String(reflecting: claim)))
            """
        _ = try await Shell.run(["python3", "-c", script])
    }
}
