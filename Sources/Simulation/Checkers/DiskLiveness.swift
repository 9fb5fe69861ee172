internal import Model

/// I16 of a disk that fills up: new transactions are read-only on every node while there is little room, and on none once there
/// is enough again. Between the two either is right.
extension Universe {
    func pendingDisk(_ cluster: Cluster) -> String? {
        guard cluster.disk.makesReadOnly, let disk = engine.disk else { return nil }
        let nodes = engine.containers.filter { $0.owner == scope.text }.compactMap(\.node)
        let readOnly = nodes.filter { $0.parameters?["default_transaction_read_only"]?.string == "on" }
        if disk.freeBytes * 20 < disk.sizeBytes, readOnly.count < nodes.count {
            return "the disk is nearly full, and \(nodes.count - readOnly.count) nodes are not read-only"
        }
        if disk.freeBytes * 40 >= disk.sizeBytes * 3, let node = readOnly.first {
            return "the disk has room, and \(node.name) is read-only"
        }
        return nil
    }
}
