import TestSupport

/// Random actions over a few names. Most aim at what is likely to be there, some at what is not.
struct Script {
    private var random: Seeded
    private let names = ["a", "b", "c"]
    private let networks = ["net", "net", "other"]
    private let policies = ["no", "no", "always", "on-failure", "unless-stopped"]

    init(seed: UInt64) { random = Seeded(seed: seed) }

    /// A network, two containers on it, one of them started; then chance.
    mutating func actions(_ count: Int) -> [ContractAction] {
        let opening: [ContractAction] = [
            .createNetwork("net", subnet: 0), .createContainer("a", recipe()), .createContainer("b", recipe()),
            .start("a"),
        ]
        return opening + (0..<count).map { _ in action() }
    }

    private mutating func pick<Value>(_ list: [Value]) -> Value { list[Int.random(in: list.indices, using: &random)] }

    private mutating func recipe() -> ContractAction.Recipe {
        ContractAction.Recipe(
            network: pick(networks), volume: pick([nil, "v", "w"]), port: pick([nil, 0, 1]), policy: pick(policies),
            hasImage: Int.random(in: 0..<12, using: &random) > 0)
    }

    private mutating func action() -> ContractAction {
        let name = pick(names)
        switch Int.random(in: 0..<44, using: &random) {
        case 0..<6: return .createContainer(name, recipe())
        case 6..<14: return .start(name)
        case 14..<17: return .stop(name)
        case 17..<20: return .kill(name)
        case 20..<24: return .pause(name)
        case 24..<26: return .unpause(name)
        case 26..<28: return .remove(name)
        case 28: return .removeByForce(name)
        case 29: return .restart(name)
        case 30..<32: return .exit(name, code: pick([0, 3]))
        case 32: return .rename(name, to: pick(["a", "b", "c", "d"]))
        case 33: return .update(name, megabytes: pick([64, 96]), policy: pick(policies))
        case 34: return .run(name)
        case 35: return .upload(name)
        case 36..<38: return .connect(name, to: pick(networks))
        case 38..<40: return .disconnect(name, from: pick(networks))
        case 40: return .createNetwork(pick(networks), subnet: pick([0, 1]))
        case 41: return .removeNetwork(pick(networks))
        case 42: return .createVolume(pick(["v", "w"]), note: pick(["one", "two"]))
        default: return .removeVolume(pick(["v", "w"]))
        }
    }
}
