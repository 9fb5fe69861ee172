import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("Images")
struct ImagesTests {
    private func conditions(days: Int64, _ change: (inout PlanningFixture) -> Void = { _ in }) -> [Condition] {
        var fixture = PlanningFixture()
        let etcd = fixture.cluster.etcd.image
        for place in fixture.engine.images.indices where fixture.engine.images[place].reference == etcd {
            fixture.engine.images[place].builtAt = PlanningFixture.later(days: -days)
            fixture.engine.images[place].packages = ["etcd-server 3.5.16-4"]
        }
        change(&fixture)
        return Images().propose(fixture.input).conditions
    }

    @Test("an image is told of with its age and its packages; one of three months is old")
    func age() {
        let recent = conditions(days: 1)
        #expect(recent.map(\.reason) == ["Recent"] && recent.map(\.status) == [.true])
        #expect(recent[0].message.hasPrefix("its packages (etcd-server 3.5.16-4) are of "))
        #expect(recent[0].message.hasSuffix("Z, 1 day ago"))
        #expect(conditions(days: 90).map(\.reason) == ["Recent"])
        let old = conditions(days: 91)
        #expect(old.map(\.reason) == ["Old"] && old.map(\.status) == [.false])
        #expect(old[0].message.contains("91 days ago") && old[0].message.contains("`make images REFRESH=1`"))
        // a clock that is behind makes no negative age
        #expect(conditions(days: -3)[0].message.hasSuffix("0 days ago"))
    }

    @Test("containers that were made from an earlier build are named")
    func notInUse() {
        let found = conditions(days: 1) { fixture in
            fixture.change("etcd-2") { $0.imageID = "sha256:another" }
            let same = "sha256:\(fixture.cluster.etcd.image)"
            fixture.change("etcd-1") { $0.imageID = same }
            fixture.change("etcd-3") { seen in
                seen.imageID = "sha256:another"
                for place in seen.labels.indices where seen.labels[place].key == Label.component {
                    seen.labels[place].value = Component.task.rawValue
                }
            }
        }
        #expect(found.map(\.reason) == ["NotInUse"])
        #expect(found[0].message.contains("Made from an earlier build: etcd-2. "))
    }
}
