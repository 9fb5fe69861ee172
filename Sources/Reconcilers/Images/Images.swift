public import Model

/// Tells how old the images are, what they hold, and which containers go on with another build of theirs.
public struct Images: Reconciler {
    /// Its name in plans and events.
    public let name = "images"
    /// The age at which an image is called old: security updates come every few weeks.
    static let limit: Duration = .seconds(90 * 86_400)
    private let remedy =
        "`make images REFRESH=1` builds it again; then give it another tag, and write that into the manifest"
    /// Creates the planner.
    public init() {}

    /// One condition for each image, and nothing to do: which image runs is the manifest's word.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        return Proposal(conditions: scope.engine.images.compactMap { condition(of: $0, at: scope) })
    }

    private func condition(of image: ImageSighting, at scope: EngineScope) -> Condition? {
        guard case .present(let id) = image.id, let builtAt = image.builtAt else { return nil }
        func say(_ reason: String, _ message: String, _ isCurrent: Bool) -> Condition {
            Condition(
                .imagesCurrent, isCurrent ? .true : .false, reason: reason, message: message,
                subject: .image(scope.engineID, image.reference))
        }
        let age = Timestamp(scope.input.now) - builtAt
        let days = max(0, age.components.seconds / 86_400)
        let packages = image.packages.isEmpty ? "" : " (\(image.packages.joined(separator: ", ")))"
        let built = "its packages\(packages) are of \(builtAt.brief), \(days) \(days == 1 ? "day" : "days") ago"
        // a task's container is over, and stays as its record
        let others = scope.engine.containers.filter {
            scope.owns($0.labels) && $0.image == image.reference && !$0.imageID.isEmpty && $0.imageID != id
                && $0.labels.value(of: Label.component) != Component.task.rawValue
        }.map(\.name.text).sorted()
        if age > Images.limit {
            return say(
                "Old",
                "\(built), and lack the security updates since then. \(image.packages.isEmpty ? "Use a newer one" : remedy)",
                false)
        }
        guard others.isEmpty else {
            return say(
                "NotInUse",
                "\(built). Made from an earlier build: \(others.joined(separator: ", ")). Give this one another tag and write it "
                    + "into the manifest: then they are made again, one by one", false)
        }
        return say("Recent", built, true)
    }
}
