import Model
import Reconcilers
import Supervisor

/// What `controller plan` says, as a value: its text is made from it, and `-o json` prints it. Fields may be added; those that
/// are here keep their meaning.
struct PlanReport: Encodable {
    /// The number of this shape.
    var formatVersion = 1
    var cluster: String
    /// Whether the cluster is not as the manifest wants it: something is to be done, or waited for.
    var hasChanges: Bool
    /// Why nothing of it is done now; nil where it is.
    var paused: String?
    /// What comes, goes and changes.
    var changes: [PlanChanges.Change]
    /// What all of it interrupts.
    var total: PlanTotal
    /// After how many seconds the model's cluster was as wanted; nil where there is no forecast.
    var convergedAfterSeconds: Double?
    /// Whether the model ran and came to no end: what follows `now` is not known.
    var isForecastIncomplete: Bool
    /// What the model still waited for then; missing where it came to an end.
    var unfinished: [String]?
    /// What is done, in order.
    var steps: [Step]
    /// What is waited for.
    var waiting: [String]

    /// One action.
    struct Step: Encodable {
        /// When it is done.
        enum Phase: String, Encodable {
            /// In the first wave: exact.
            case now
            /// Wanted already, and done after another look.
            case later
            /// As the model has it.
            case forecast
        }
        var phase: Phase
        var object: String
        var action: String
        var reason: String
        /// The planner that wants it.
        var planner: String
        /// Whether it interrupts something that runs.
        var interrupts: Bool
        /// Whether it is a step on the way that interrupts nothing: folded in the text.
        var housekeeping: Bool
        /// What it costs; nil where it costs nothing.
        var price: String?
        /// Why a wanted action is not done now.
        var notNow: String?
        /// Of a forecast: seconds since the start.
        var afterSeconds: Double?
    }

    /// - Parameter forecast: nil where nothing is done now, so that there is nothing to begin with.
    init(_ plan: Plan, _ input: PlanningInput, forecast: PlanForecast?, _ measured: MeasuredHistory) {
        let price = PlanPrice(measured, from: input)
        let performed = forecast?.steps ?? []
        let wanted = plan.actions + plan.deferred
        let actions = wanted.map(\.action) + performed.map(\.planned.action)
        let tasks = PlanReport.tasks(actions, input)
        func step(_ planned: PlannedAction, _ phase: Step.Phase, _ input: PlanningInput, after: Duration? = nil) -> Step
        {
            let action = planned.action
            let isHousekeeping = action.isHousekeeping(tasks: tasks)
            return Step(
                phase: phase, object: action.subject.text, action: PlanReport.phrase(action, phase),
                reason: action.reason.sentence, planner: planned.reconciler,
                interrupts: action.effect.isDisruptive && !isHousekeeping, housekeeping: isHousekeeping,
                price: price.price(of: action, in: input), notNow: planned.disposition.words,
                afterSeconds: after.map { ($0 / .milliseconds(100)).rounded() / 10 })
        }
        cluster = input.cluster.name.text
        hasChanges = !plan.isAtRest
        paused = input.pauseCondition?.message
        changes = PlanChanges(actions, input, tasks: tasks).list
        total = PlanTotal(
            performed.isEmpty ? wanted.map { ($0.action, input) } : performed.map { ($0.planned.action, $0.input) },
            measured)
        convergedAfterSeconds = forecast?.convergedAfter.map { ($0 / .milliseconds(100)).rounded() / 10 }
        isForecastIncomplete = forecast != nil && forecast?.convergedAfter == nil
        unfinished = isForecastIncomplete ? forecast?.unfinished : nil
        steps = plan.actions.map { step($0, .now, input) } + plan.deferred.map { step($0, .later, input) }
        if !isForecastIncomplete {
            steps += performed.filter { !$0.isNow }.map { step($0.planned, .forecast, $0.input, after: $0.elapsed) }
        }
        waiting = plan.waiting
    }

    /// The containers that do one job and end: those that are there, and those that the plan makes.
    private static func tasks(_ actions: [Action], _ input: PlanningInput) -> [ContainerName] {
        let seen = input.observation.engines.flatMap { $0.view.value?.containers ?? [] }.filter {
            $0.labels.value(of: Label.component) == Component.task.rawValue
        }.map(\.name)
        return seen
            + actions.compactMap { action in
                guard case .docker(_, .createContainer(let spec)) = action.effect, spec.component == .task else {
                    return nil
                }
                return spec.name
            }
    }

    /// What the model makes has made-up IDs; the subject says it better.
    private static func phrase(_ action: Action, _ phase: Step.Phase) -> String {
        guard phase == .forecast else { return action.effect.phrase }
        return action.effect.phrase.split(separator: " ").filter { !$0.hasPrefix("c100") }.joined(separator: " ")
    }
}
