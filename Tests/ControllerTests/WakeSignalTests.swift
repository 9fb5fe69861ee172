import Testing

@testable import Controller

@Suite("The signal that wakes the loop")
struct WakeSignalTests {
    @Test("any number of signals before a wait count as one")
    func counts() async {
        let signal = WakeSignal()
        await signal.wake()
        await signal.wake()
        #expect(await signal.wait(atMost: .seconds(60)))
        #expect(await !signal.wait(atMost: .milliseconds(1)))
    }

    @Test("one that comes while the loop waits ends the wait")
    func wakes() async {
        let signal = WakeSignal()
        async let woken = signal.wait(atMost: .seconds(600))
        // whether it comes before the wait or in it makes no difference
        await signal.wake()
        #expect(await woken)
    }

    @Test("a loop that is cancelled does not wait")
    func ends() async {
        let signal = WakeSignal()
        let waiting = Task { await signal.wait(atMost: .seconds(600)) }
        waiting.cancel()
        _ = await waiting.value
    }
}
