internal import Model

extension Manifest {
    /// PostgreSQL's memory against the container's.
    static func checkMemory(_ cluster: Cluster, _ log: Diagnostics) {
        let memory = cluster.nodes.memory
        for name in ["shared_buffers", "maintenance_work_mem", "work_mem", "wal_buffers"] {
            guard let parameter = cluster.postgres.parameters.first(where: { $0.name == name }),
                let entry = ParameterCatalogue.entries[name],
                let bytes = ParameterValue(text: parameter.value, entry: entry).bytes
            else { continue }
            log.require(
                bytes < Double(memory.bytes), at: "spec.nodes.memory", with: ["spec.postgres.parameters.\(name)"],
                "a node's memory of \(memory) is not more than \(name), which is \(parameter.value)",
                expected: "nodes.memory above \(name)")
        }
        log.require(
            cluster.nodes.sharedMemory <= memory, at: "spec.nodes.sharedMemory", with: ["spec.nodes.memory"],
            "shared memory of \(cluster.nodes.sharedMemory) is more than the node's memory of \(memory)",
            expected: "sharedMemory ≤ memory")
        log.require(
            cluster.etcd.quota.bytes <= 8 * cluster.etcd.memory.bytes, at: "spec.etcd.quota",
            with: ["spec.etcd.memory"],
            "etcd maps its store into memory: a quota of \(cluster.etcd.quota) is too much for \(cluster.etcd.memory)",
            expected: "at most 8 times etcd.memory")
    }

    /// Connections that PostgreSQL keeps back, and slots for the replicas.
    static func checkConnections(_ cluster: Cluster, _ log: Diagnostics) {
        func number(_ name: String, _ standard: Int) -> Int {
            cluster.postgres.parameters.first { $0.name == name }.flatMap { Int($0.value) } ?? standard
        }
        let path = "spec.postgres.parameters."
        let kept = number("superuser_reserved_connections", 3) + number("reserved_connections", 0)
        let connections = number("max_connections", 100)
        log.require(
            kept < connections, at: path + "max_connections", with: [path + "superuser_reserved_connections"],
            "no connection is left: \(kept) of \(connections) are reserved",
            expected: "max_connections above the reserved ones")
        for name in ["max_wal_senders", "max_replication_slots"] {
            let value = number(name, 10)
            log.require(
                value >= cluster.nodes.count + 1, at: path + name, with: ["spec.nodes.count"],
                "\(name) is too small for \(cluster.nodes.count) nodes", got: String(value),
                expected: "at least nodes.count + 1 = \(cluster.nodes.count + 1)")
        }
    }

    /// Whether each network has an address for every container on it, and blocks of their own.
    static func checkSubnets(_ cluster: Cluster, _ log: Diagnostics) {
        let shared = cluster.nodes.count + cluster.poolers.count
        let (own, clients) = (cluster.network.subnet, cluster.network.clients.subnet)
        // the controller's own container is on the internal one
        checkRoom(own, for: shared + cluster.etcd.members + 1, at: "spec.network.subnet", log)
        checkRoom(clients, for: shared + (cluster.console.enabled ? 1 : 0), at: "spec.network.clients.subnet", log)
        let blocks = [own, clients].compactMap { $0.flatMap { AddressBlock($0) } }
        log.require(
            blocks.count < 2 || !blocks[0].overlaps(blocks[1]), at: "spec.network.clients.subnet",
            with: ["spec.network.subnet"], "overlaps with the other network's block", got: clients ?? "",
            expected: "a block of its own")
    }

    private static func checkRoom(_ subnet: String?, for wanted: Int, at path: String, _ log: Diagnostics) {
        guard let subnet, let block = AddressBlock(subnet) else { return }
        let room = (1 << (32 - block.length)) - 3
        log.require(
            wanted <= room, at: path, with: ["spec.nodes.count", "spec.etcd.members"],
            "the block has \(room) addresses for \(wanted) containers", got: subnet, expected: "a shorter prefix")
    }
}
