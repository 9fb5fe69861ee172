import Manifest
import Model
import Testing

@Suite("spec.disk")
struct DiskTests {
    @Test("a mark is a share or an amount; without one the default counts")
    func marks() throws {
        let cluster = try read(manifest("  disk: {warn: 20%, critical: 512MiB}")).get()
        #expect(cluster.disk.warn == .share(percent: 20) && cluster.disk.critical == .amount(.mebibytes(512)))
        #expect(try read(manifest("  maintenance: false")).get().disk == DiskSettings())
        let guarded = try read(manifest("  disk: {guard: false, readOnly: 3%}")).get().disk
        #expect(!guarded.makesReadOnly && guarded.readOnly == .share(percent: 3))
        #expect(DiskSettings().makesReadOnly)
    }

    @Test("what is neither is refused", arguments: ["0%", "91%", "5", "5.5%", "10GB", "-1%", "%", "010%", "0MiB"])
    func refused(_ text: String) {
        #expect(mistakes(manifest("  disk: {warn: \"\(text)\"}")).map(\.path) == ["spec.disk.warn"])
    }
}
