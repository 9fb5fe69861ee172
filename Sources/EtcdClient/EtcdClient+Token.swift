extension EtcdClient {
    /// The token to send, fetched (`/v3/auth/authenticate`) when there is none yet; nil where none is needed.
    func token(until end: ContinuousClock.Instant) async throws(EtcdError) -> String? {
        guard let credentials = configuration.credentials else { return nil }
        if let token = book.token { return token }
        let body: [String: JSONNode] = ["name": .string(credentials.user), "password": .string(credentials.password)]
        let path = "/v3/auth/authenticate"
        let request = try Self.request(path, body, nil)
        var last: EtcdError?
        let order = book.order()
        for (position, (index, client)) in order.enumerated() {
            let left = end - ContinuousClock.now
            guard left > .zero else { break }
            do throws(EtcdError) {
                let limit = position == order.count - 1 ? left : min(left, configuration.attemptLimit)
                let token = try await Self.send(request, client, path, limit).string("token")
                book.answered(index)
                book.setToken(token)
                return token
            } catch {
                // Not switched on (yet): the call itself will say if that is no longer so.
                if error.code == .authenticationNotEnabled { return nil }
                guard Self.blamesEndpoint(error) else { throw error }
                book.failed(index)
                last = error
            }
        }
        throw last ?? EtcdError(.timedOut, target: path, message: "no endpoint left to ask before the deadline")
    }
}
