/// What was seen of one thing: there, known not to be there, or not known. There is no fourth, and no default.
public enum Sighting<Value> {
    /// It is there, with this value.
    case present(Value)
    /// It was looked for successfully and is not there.
    case absent
    /// It could not be seen. Never treated as absent (invariant I10).
    case unknown(UnknownReason)

    /// The value, when it is there.
    public var value: Value? {
        switch self {
        case .present(let value): value
        case .absent, .unknown: nil
        }
    }

    /// True only when it was looked for successfully and is not there.
    public var isAbsent: Bool {
        switch self {
        case .absent: true
        case .present, .unknown: false
        }
    }

    /// True when nothing may be concluded.
    public var isUnknown: Bool { unknownReason != nil }

    /// Why nothing is known, when nothing is.
    public var unknownReason: UnknownReason? {
        switch self {
        case .unknown(let unknownReason): unknownReason
        case .present, .absent: nil
        }
    }

    /// Transforms the value and keeps absence and the reason of unknown as they are.
    public func map<Other>(_ transform: (Value) throws -> Other) rethrows -> Sighting<Other> {
        switch self {
        case .present(let value): .present(try transform(value))
        case .absent: .absent
        case .unknown(let unknownReason): .unknown(unknownReason)
        }
    }
}

extension Sighting: Sendable where Value: Sendable {}
extension Sighting: Equatable where Value: Equatable {}
extension Sighting: Hashable where Value: Hashable {}

/// Why something could not be seen.
public struct UnknownReason: Sendable, Hashable {
    /// The kind of obstacle.
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        /// Nothing answered at the address.
        case unreachable
        /// An answer did not come in time.
        case timedOut
        /// The other side refused to show it.
        case forbidden
        /// The answer could not be understood.
        case malformed
        /// This pass did not look there, by its own choice.
        case notLooked
    }

    /// The kind of obstacle.
    public var cause: Cause
    /// The other side's words, without secrets.
    public var detail: String

    /// Records an obstacle.
    public init(_ cause: Cause, _ detail: String = "") {
        self.cause = cause
        self.detail = detail
    }

    /// This pass did not look there.
    public static let notLooked = UnknownReason(.notLooked)
}
