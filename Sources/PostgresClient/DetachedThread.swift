import Glibc

/// A thread of its own for a call that blocks and has no other form.
enum DetachedThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` in a new thread; false when the system has none to give, and `body` is not run.
    @discardableResult
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let handle = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, handle.toOpaque())
        guard result == 0 else {
            handle.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
