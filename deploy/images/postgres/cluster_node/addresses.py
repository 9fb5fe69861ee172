"""The container's own addresses, as the kernel has them. Docker gives others to a container that it connects again."""
import re
import time

TABLE = "/proc/net/fib_trie"
# the table shows an address, and on the next line what it is
LOCAL = re.compile(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL")


def own(path=TABLE):
    """The IPv4 addresses of this container's interfaces; none where the kernel has no such table."""
    try:
        with open(path, encoding="ascii") as table:
            return frozenset(LOCAL.findall(table.read()))
    except OSError:
        return frozenset()


class Watch:
    """Tells which addresses are gone and which are new, and looks at most once in so many seconds."""

    def __init__(self, interval, look=own, clock=time.monotonic):
        self.interval, self.look, self.clock = interval, look, clock
        self.known, self.due = look(), clock() + interval

    def changes(self):
        if self.clock() < self.due:
            return set(), set()
        self.due = self.clock() + self.interval
        before, self.known = self.known, self.look()
        return before - self.known, self.known - before
