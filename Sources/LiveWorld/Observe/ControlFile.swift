import Model

/// PostgreSQL's `global/pg_control`, as far as a stopped node's identity and last role are concerned.
///
/// Layout of `ControlFileData` (src/include/catalog/pg_control.h, the same from 9.x to 18): system identifier at 0,
/// control version at 8, state at 16, and in the checkpoint copy that begins at 40 the timeline at 48. Little endian,
/// as on every machine that the images are built for. The latest checkpoint lies at 32; where recovery had got to, at
/// 136 in 17 and 18 (the checkpoint copy grew by `wal_level` in 17), and on which timeline, at 144.
enum ControlFile {
    /// `DBState` values of a primary: shut down, shutting down, in crash recovery, in production.
    private static let primaryStates: [UInt32] = [1, 3, 4, 6]

    static func parse(_ bytes: [UInt8], majorVersion: Int) -> PostgresData? {
        guard bytes.count >= 56 else { return nil }
        let identifier = integer(bytes, at: 0, length: 8)
        guard identifier != 0 else { return nil }
        let state = UInt32(truncatingIfNeeded: integer(bytes, at: 16, length: 4))
        return PostgresData(
            systemIdentifier: String(identifier), majorVersion: majorVersion,
            timeline: timeline(bytes, majorVersion: majorVersion), wasPrimary: primaryStates.contains(state),
            walPosition: walPosition(bytes, majorVersion: majorVersion))
    }

    /// A node that was promoted, or follows one that was, may have ended before its next checkpoint.
    private static func timeline(_ bytes: [UInt8], majorVersion: Int) -> Int64 {
        let checkpoint = Int64(integer(bytes, at: 48, length: 4))
        guard majorVersion >= 17, bytes.count >= 148 else { return checkpoint }
        return max(checkpoint, Int64(integer(bytes, at: 144, length: 4)))
    }

    private static func walPosition(_ bytes: [UInt8], majorVersion: Int) -> Int64 {
        let checkpoint = Int64(truncatingIfNeeded: integer(bytes, at: 32, length: 8))
        guard majorVersion >= 17, bytes.count >= 144 else { return checkpoint }
        return max(checkpoint, Int64(truncatingIfNeeded: integer(bytes, at: 136, length: 8)))
    }

    private static func integer(_ bytes: [UInt8], at offset: Int, length: Int) -> UInt64 {
        (0..<length).reversed().reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) }
    }
}
