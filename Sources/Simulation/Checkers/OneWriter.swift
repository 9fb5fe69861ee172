internal import Model

/// I2: never two servers that clients reach and that can acknowledge a commit.
struct OneWriter: Checker {
    let invariant = "I2 one writer"

    func passed(_ universe: Universe) -> String? {
        var writers: [SimulatedContainer] = []
        for index in universe.engine.containers.indices {
            guard universe.engine.containers[index].node?.isWritable == true, universe.isReachable(index),
                let directory = universe.directory(of: index),
                directory.commitsAwait.isSatisfied(by: universe.standbys(of: index))
            else { continue }
            writers.append(universe.engine.containers[index])
        }
        guard writers.count > 1 else { return nil }
        // Without synchronous commits, or where another standby than the new primary confirms them too, nothing but a fence in
        // time keeps a hung primary from acknowledging.
        let isExcused = writers.contains { writer in
            guard let node = writer.node else { return false }
            let confirms = universe.index(of: node.name).flatMap { universe.directory(of: $0) }?.commitsAwait
            let isSafe = if case .any = confirms { false } else { node.isSynchronous }
            let hasThawed = node.thawedAt.map { universe.now - $0 < .seconds(2) } ?? false
            // a fence takes a controller that sees and acts for the time of a lease
            let isHindered = universe.now - universe.obstacleAt < .seconds(40) || node.isPaused
            // while nothing may be done there is no fencing, and Patroni alone keeps the promise only as far as it lives
            if node.isHung, universe.now - universe.heldAt < .seconds(40) { return true }
            return !isSafe && (hasThawed || node.isHung && isHindered)
        }
        if isExcused { return nil }
        return "\(writers.map(\.name.text).joined(separator: " and ")) both acknowledge commits"
    }
}
