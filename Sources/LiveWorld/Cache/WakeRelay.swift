/// Leads "look again" from inside the world to the stream of triggers, once there is one.
actor WakeRelay {
    private var target: (@Sendable () -> Void)?

    func lead(to target: @escaping @Sendable () -> Void) { self.target = target }

    /// Something broke or ended that is worth a look.
    func wake() { target?() }
}
