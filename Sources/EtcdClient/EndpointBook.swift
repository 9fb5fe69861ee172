import HTTPTransport
import Synchronization

/// What the client remembers between calls: which endpoints failed lately, and the token.
final class EndpointBook: Sendable {
    private struct State {
        var current = 0
        var deadUntil: [Int: ContinuousClock.Instant] = [:]
        var token: String?
    }
    private let clients: [HTTPClient]
    private let pause: Duration
    private let state = Mutex(State())

    init(_ configuration: EtcdConfiguration) {
        clients = configuration.endpoints.map { HTTPClient(endpoint: $0) }
        pause = configuration.deadEndpointPause
    }

    /// All endpoints in the order to ask them: the one that answered last, then the living, then the dead, those
    /// that failed longest ago first.
    func order() -> [(index: Int, client: HTTPClient)] {
        let now = ContinuousClock.now
        let (current, deadUntil) = state.withLock { ($0.current, $0.deadUntil.filter { $0.value > now }) }
        let indices = clients.indices.map { (current + $0) % clients.count }
        let dead = indices.compactMap { index in deadUntil[index].map { (index, $0) } }
        let ordered = indices.filter { deadUntil[$0] == nil } + dead.sorted { $0.1 < $1.1 }.map(\.0)
        return ordered.map { ($0, clients[$0]) }
    }

    func answered(_ index: Int) {
        state.withLock { state in
            state.current = index
            state.deadUntil[index] = nil
        }
    }

    func failed(_ index: Int) {
        state.withLock { $0.deadUntil[index] = ContinuousClock.now + pause }
    }

    var token: String? { state.withLock { $0.token } }
    func setToken(_ token: String?) { state.withLock { $0.token = token } }
}
