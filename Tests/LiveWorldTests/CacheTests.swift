import Model
import Synchronization
import Testing

@testable import LiveWorld

@Suite("What is kept between two looks")
struct CacheTests {
    /// A clock that a test moves.
    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)
        var now: ContinuousClock.Instant { start + passed.withLock { $0 } }
        func advance(_ time: Duration) { passed.withLock { $0 += time } }
    }

    @Test("a value is good for its lifetime, which begins again when it is kept again")
    func lifetime() {
        let clock = Clock()
        var cache = Cache<String, Int>(lifetime: .seconds(30)) { clock.now }
        cache.keep(1, for: "a")
        clock.advance(.seconds(29))
        #expect(cache["a"] == 1 && cache.age(of: "a") == .seconds(29) && cache["b"] == nil)
        clock.advance(.seconds(1))
        #expect(cache["a"] == nil && cache.age(of: "a") == nil)
        cache.keep(2, for: "a")
        clock.advance(.seconds(29))
        cache.keep(3, for: "a")
        clock.advance(.seconds(29))
        #expect(cache["a"] == 3)
    }

    @Test("of more than the capacity the oldest goes, and a value that is kept again is not the oldest")
    func capacity() {
        var cache = Cache<String, Int>(capacity: 2)
        cache.keep(1, for: "a")
        cache.keep(2, for: "b")
        cache.keep(3, for: "a")
        cache.keep(4, for: "c")
        #expect(cache["a"] == 3 && cache["b"] == nil && cache["c"] == 4)
    }

    @Test("what is forgotten is gone, and nothing else")
    func forgetting() {
        var cache = Cache<String, Int>()
        for (number, key) in ["a", "b", "c"].enumerated() { cache.keep(number, for: key) }
        cache.forget("a")
        #expect(cache["a"] == nil && cache["b"] == 1)
        cache.forgetAll { $0 == 1 }
        #expect(cache["b"] == nil && cache["c"] == 2)
        cache.forgetAll()
        #expect(cache["c"] == nil)
    }

    @Test("what was read of a container is worth nothing on another occasion")
    func occasions() async {
        let cache = ContainerCache()
        await cache.keep(lastLines: ["x"], of: "a", occasion: "t1")
        #expect(await cache.lastLines(of: "a", occasion: "t1") == ["x"])
        #expect(await cache.lastLines(of: "a", occasion: "t2") == nil)
        await cache.keep(result: .present(.integer(1)), of: "a", finishedAt: "t1")
        #expect(await cache.result(of: "a", finishedAt: "t1") == .present(.integer(1)))
        #expect(await cache.result(of: "a", finishedAt: "t2") == nil)
        await cache.keep(.present([]), of: "a")
        await cache.forgetAll()
        #expect(await cache.files(of: "a") == nil)
        #expect(await cache.result(of: "a", finishedAt: "t1") == nil)
    }

    @Test("a death counts only once it was seen for a while, and another one begins anew")
    func deaths() async {
        let cache = EngineCache()
        #expect(await cache.isSettled("a", since: "t1") == false)
        // it waits for the condition, which a cache that never settles would not fulfil
        while await !cache.isSettled("a", since: "t1") { try? await Task.sleep(for: .milliseconds(20)) }
        #expect(await cache.isSettled("a", since: "t2") == false)
    }

    @Test("the end of a container ends the wait for it, and no other wait; so does the end of the task that waits")
    func exits() async {
        let cache = EngineCache()
        let ended = Ended()
        let waits = ["a", "b"].map { id in
            Task {
                await cache.exit(of: ContainerID(id))
                await ended.note(id)
            }
        }
        // the waits begin at some moment: the death is told until it is heard
        while await ended.ids.isEmpty { await cache.noteDeath(of: "a") }
        #expect(await ended.ids == ["a"])
        waits[1].cancel()
        await waits[1].value
        #expect(await ended.ids == ["a", "b"])
    }

    private actor Ended {
        var ids: [String] = []
        func note(_ id: String) { ids.append(id) }
    }

    @Test("a repository that is slow to answer is asked once; its late answer wakes the controller and is kept")
    func slowRepository() async {
        let woken = Ended()
        let cache = RepositoryCache { await woken.note("woken") }
        let asked = Ended()
        let gate = Ended()
        let view = Sighting.present(RepositoryView(stanza: .ok(systemIdentifier: "7")))
        let ask: @Sendable () async -> Sighting<RepositoryView> = {
            await asked.note("asked")
            while await gate.ids.isEmpty { try? await Task.sleep(for: .milliseconds(5)) }
            return view
        }
        #expect(await cache.answer(within: .milliseconds(20), ask: ask).isUnknown)
        #expect(await cache.answer(within: .zero, ask: ask).isUnknown)
        #expect(await asked.ids.count == 1)
        await gate.note("open")
        while await woken.ids.isEmpty { await Task.yield() }
        #expect(await cache.known == view)
        await cache.forget()
        #expect(await cache.known == nil)
    }

    @Test("an answer that was asked for before something changed is not kept")
    func staleAnswer() async {
        let woken = Ended()
        let cache = RepositoryCache { await woken.note("woken") }
        let gate = Ended()
        let ask: @Sendable () async -> Sighting<RepositoryView> = {
            while await gate.ids.isEmpty { try? await Task.sleep(for: .milliseconds(5)) }
            return .absent
        }
        #expect(await cache.answer(within: .milliseconds(1), ask: ask).isUnknown)
        await cache.forget()
        await gate.note("open")
        while await woken.ids.isEmpty { await Task.yield() }
        #expect(await cache.known == nil)
    }

    @Test("a view that was being read when something changed is not kept")
    func staleView() async {
        let cache = RepositoryCache {}
        let ticket = await cache.ticket
        await cache.keep(.absent, for: nil, ticket: ticket)
        #expect(await cache.known == .absent)
        await cache.forget()
        await cache.keep(.absent, for: nil, ticket: ticket)
        #expect(await cache.known == nil)
        let next = await cache.ticket
        await cache.forgetView()
        await cache.keep(.absent, for: nil, ticket: next)
        #expect(await cache.known == nil)
    }

    @Test("a repository that failed is not asked again for a while")
    func failedRepository() async {
        let clock = Clock()
        let cache = RepositoryCache(now: { clock.now }, wake: {})
        let asked = Ended()
        let failure = Sighting<RepositoryView>.unknown(UnknownReason(.timedOut, "no"))
        func answer() async -> Sighting<RepositoryView> {
            await cache.answer(within: .seconds(1)) {
                await asked.note("asked")
                return failure
            }
        }
        #expect(await answer() == failure)
        clock.advance(.seconds(9))
        #expect(await answer() == failure)
        #expect(await asked.ids.count == 1)
        clock.advance(.seconds(2))
        #expect(await answer() == failure)
        #expect(await asked.ids.count == 2)
    }
}
