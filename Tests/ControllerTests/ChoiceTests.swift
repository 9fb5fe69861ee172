import LiveWorld
import Model
import Testing

@testable import Controller

@Suite("A command finds its cluster")
struct ChoiceTests {
    @Test(
        "by the name in a manifest that has mistakes, where that is plain to see",
        arguments: [
            ("kind: PostgresCluster\nmetadata:\n  name: shop\nspec: [", "shop"),
            ("metadata:\n  labels: {}\n  name: \"shop-2\"\nfoo: [", "shop-2"),
            ("spec:\n  nodes:\n    name: shop\n", nil), ("metadata:\n  name: ../x\n", nil), ("", nil),
            ("metadata:\nspec:\n  network:\n    name: net\n", nil),
        ] as [(String, String?)])
    func name(_ text: String, _ name: String?) {
        #expect(ManifestName.name(in: text)?.text == name)
    }

    @Test("among the supervisors by its name, by the folder of its manifest, or because there is only one")
    func supervisors() {
        let shop = SupervisorContainer(
            id: "1", name: "one", cluster: "shop", isRunning: true, folders: ["/a", "/run/s"])
        let mail = SupervisorContainer(id: "2", name: "two", cluster: "mail", isRunning: false, folders: ["/b"])
        func chosen(_ cluster: ClusterName?, _ folder: String, among all: [SupervisorContainer]) -> [String] {
            SupervisorChoice.candidates(all, cluster: cluster, folder: folder).map(\.name.text)
        }
        #expect(chosen("mail", "/a", among: [shop, mail]) == ["two"])
        #expect(chosen("none", "/a", among: [shop, mail]).isEmpty)
        #expect(chosen(nil, "/a", among: [shop, mail]) == ["one"])
        #expect(chosen(nil, "/c", among: [shop, mail]) == ["one", "two"])
        #expect(chosen(nil, "/c", among: [mail]) == ["two"])
    }

    @Test(
        "paths of the host are not handed to the supervisor, and everything else is",
        arguments: [
            ("status --manifest a.yaml -o json", "status -o json"), ("status -m a.yaml --wait", "status --wait"),
            ("plan --manifest=a.yaml --state-dir=/s --time 3", "plan --time 3"),
            ("restore --state-dir /s --yes a.yaml", "restore --yes a.yaml"), ("status --manifest", "status"),
            ("events --manifest-of x", "events --manifest-of x"),
        ])
    func paths(_ typed: String, _ handed: String) {
        #expect(Delegation.withoutPaths(typed.split(separator: " ").map(String.init)).joined(separator: " ") == handed)
    }
}
