import Testing

@testable import Controller

@Suite("Did you mean, for a subcommand")
struct SubcommandHintTests {
    @Test(
        "the nearest one, also below another; nothing for an option, for what is right, and for what is far",
        arguments: [
            (["statsu"], "status"), (["manifest", "chek"], "check"), (["swichover", "--to", "x"], "switchover"),
            (["status", "statsu"], nil), (["--statsu"], nil), (["xylophone"], nil), ([], nil),
        ] as [([String], String?)])
    func nearest(_ words: [String], _ wanted: String?) {
        let text = SubcommandHint.text(words, in: ControllerProgram.self)
        #expect(
            text
                == wanted.map {
                    "\(words.last { !$0.hasPrefix("-") && $0 != "x" } ?? "") is no command. Did you mean \($0)?"
                })
    }
}
