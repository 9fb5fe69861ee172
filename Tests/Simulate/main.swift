import Glibc
import Model
import Simulation

var seeds: [UInt64] = Array(1...200)
var isVerbose = false
var shrinks = false
var endsAtFirst = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--seed": seeds = [arguments.popFirst().flatMap { UInt64($0) } ?? 1]
    case "--seeds":
        let parts = (arguments.popFirst() ?? "1...200").split(separator: ".").compactMap { UInt64($0) }
        seeds = Array(parts[0]...parts[parts.count - 1])
    case "--trace": isVerbose = true
    case "--shrink": shrinks = true
    case "--first": endsAtFirst = true
    default: print("usage: simulate [--seed N | --seeds A...B] [--trace] [--shrink] [--first]")
    }
}

var failures = 0
for seed in seeds {
    let run = Run(seed: seed)
    let (verdict, world) = await run.run(keepsTrace: isVerbose) { RealController(world: $0) }
    if isVerbose, !shrinks { for line in await world.trace + world.summary { print(line) } }
    if verdict.isPassed {
        if seeds.count == 1 { print(run.report(verdict)) }
        continue
    }
    failures += 1
    if shrinks {
        let small = await run.shrunken(like: verdict) { RealController(world: $0) }
        print(small.report(verdict))
        if isVerbose {
            let (_, world) = await small.run(keepsTrace: true) { RealController(world: $0) }
            for line in await world.trace + world.summary { print(line) }
        }
    } else {
        print(run.report(verdict).split(separator: "\n").prefix(2).joined(separator: " | "))
    }
    if endsAtFirst { break }
}
print("\(seeds.count) seeds, \(failures) failures")
exit(failures == 0 ? 0 : 1)
