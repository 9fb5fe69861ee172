import DockerAPI
import Model

extension LiveWorld {
    /// A stopped node's data with its true end of WAL: `pg_control` tells positions only up to the last checkpoint, and
    /// the timeline that it was on then.
    func measured(_ view: ContainerView, _ data: PostgresData) async -> Sighting<DataView> {
        let occasion = view.occasion
        if let known = await contents.walEnd(of: view.id, occasion: occasion) { return .present(.postgres(known)) }
        do throws(DockerError) {
            let exact = try await lookingInto(view) { id throws(DockerError) in
                try await WALFiles(docker: docker, container: id).measure(data)
            }
            await contents.keep(walEnd: exact, of: view.id, occasion: occasion)
            return .present(.postgres(exact))
        } catch {
            return .unknown(error.unknownReason)
        }
    }
}

/// `pg_wal` of a container that was never started, read through the archive endpoint.
struct WALFiles {
    let docker: DockerEngine
    let container: ContainerID

    /// Follows the WAL from the latest position that `pg_control` is sure of, over switches of the timeline, to its end.
    func measure(_ data: PostgresData) async throws(DockerError) -> PostgresData {
        var data = data
        while let switched = try await switchPoint(after: data.timeline),
            try await segment(data.timeline + 1, switched / Int64(WALSegment.size)) != nil
        {
            data.timeline += 1
            data.walPosition = max(data.walPosition, switched)
        }
        let first = data.walPosition / Int64(WALSegment.size)
        guard var last = try await segment(data.timeline, first) else { return data }
        // the files that follow one another are found in strides, because there may be hundreds
        var stride: Int64 = 1
        while let next = try await segment(data.timeline, last.number + stride) {
            last = next
            stride *= 2
        }
        while stride > 1 {
            stride /= 2
            if let next = try await segment(data.timeline, last.number + stride) { last = next }
        }
        data.walPosition = max(data.walPosition, last.end())
        return data
    }

    private func segment(_ timeline: Int64, _ number: Int64) async throws(DockerError) -> WALSegment? {
        let name = WALSegment.name(timeline: timeline, number: number)
        return try await file(name).flatMap { WALSegment($0, number: number) }
    }

    /// Where the next timeline leaves this one, when this node has heard of it: lines of `timeline`, position, reason.
    private func switchPoint(after timeline: Int64) async throws(DockerError) -> Int64? {
        guard let bytes = try await file(WALSegment.hex(timeline + 1) + ".history") else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: "\t") }
        let halves = lines.last { $0.first.flatMap { Int64($0) } == timeline }?.dropFirst().first?.split(separator: "/")
        guard let halves, halves.count == 2, let high = Int64(halves[0], radix: 16),
            let low = Int64(halves[1], radix: 16)
        else { return nil }
        return high << 32 | low
    }

    private func file(_ name: String) async throws(DockerError) -> [UInt8]? {
        let path = "\(LiveWorld.dataMount)/data/pg_wal/\(name)"
        return try await docker.file(path, in: container, maxBytes: 2 * WALSegment.size, deadline: .seconds(20))
    }
}
