import Model

/// What was read out of containers and their volumes.
///
/// Most of it belongs to an occasion, which is a text: the start or the end of the container that it was read at. On another
/// occasion it is worth nothing.
actor ContainerCache {
    private struct Read<Value: Sendable>: Sendable {
        var occasion: String
        var value: Value
    }

    private var files = Cache<ContainerID, Sighting<[FileView]>>(capacity: 256)
    private var lines = Cache<ContainerID, Read<[String]>>(lifetime: .seconds(30))
    private var walEnds = Cache<ContainerID, Read<PostgresData>>(lifetime: .seconds(30))
    private var results = Cache<ContainerID, Read<Sighting<JSONValue>>>(capacity: 16)
    private var data = Cache<ContainerID, Read<DataView>>(lifetime: .seconds(60))
    /// Changes when what was seen in volumes is forgotten: what was being read at that moment is not kept.
    private(set) var dataTicket = 0

    /// The files that the controller wrote into a container.
    func files(of id: ContainerID) -> Sighting<[FileView]>? { files[id] }
    func keep(_ seen: Sighting<[FileView]>, of id: ContainerID) { files.keep(seen, for: id) }
    func forgetFiles(of id: ContainerID) { files.forget(id) }

    /// The last lines of a container's log.
    func lastLines(of id: ContainerID, occasion: String) -> [String]? { value(lines[id], occasion) }
    func keep(lastLines seen: [String], of id: ContainerID, occasion: String) {
        lines.keep(Read(occasion: occasion, value: seen), for: id)
    }

    /// What a stopped node's WAL was measured to hold.
    func walEnd(of id: ContainerID, occasion: String) -> PostgresData? { value(walEnds[id], occasion) }
    func keep(walEnd seen: PostgresData, of id: ContainerID, occasion: String) {
        walEnds.keep(Read(occasion: occasion, value: seen), for: id)
    }

    /// What a task said at its end, which does not change any more.
    func result(of id: ContainerID, finishedAt: String) -> Sighting<JSONValue>? { value(results[id], finishedAt) }
    func keep(result seen: Sighting<JSONValue>, of id: ContainerID, finishedAt: String) {
        results.keep(Read(occasion: finishedAt, value: seen), for: id)
    }

    /// What was seen in the volume of a container that has not run since, and how long ago at most.
    func data(of id: ContainerID, occasion: String, within age: Duration) -> DataView? {
        guard let kept = data.age(of: id), kept < age else { return nil }
        return value(data[id], occasion)
    }
    func keep(data seen: DataView, of id: ContainerID, occasion: String, ticket: Int) {
        guard ticket == dataTicket else { return }
        data.keep(Read(occasion: occasion, value: seen), for: id)
    }

    /// A container has ended that may have written into any volume.
    func forgetData() {
        data.forgetAll()
        dataTicket += 1
    }

    /// Everything is to be read again.
    func forgetAll() {
        files.forgetAll()
        results.forgetAll()
        forgetData()
    }

    private func value<Value>(_ read: Read<Value>?, _ occasion: String) -> Value? {
        guard let read, read.occasion == occasion else { return nil }
        return read.value
    }
}
