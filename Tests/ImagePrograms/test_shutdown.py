import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from cluster_node import shutdown

# A server that stops in order when SIGINT comes, as pg_control tells it; `stubborn` does nothing, `lingering` writes and stays.
SERVER = """
import os, signal, sys, time
def write(state):
    with open("global/pg_control", "wb") as file:
        file.write(bytes(16) + state.to_bytes(4, sys.byteorder))
def stop(*_):
    if sys.argv[1] != "stubborn":
        write(1)
    if sys.argv[1] == "orderly":
        os._exit(0)
write(6)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
while True:
    time.sleep(60)
"""


class ShutDown(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.directory = folder.name
        os.mkdir(f"{self.directory}/global")
        self.patroni = subprocess.Popen(["sleep", "600"])
        self.addCleanup(self.end, self.patroni)
        self.leadership = mock.Mock()
        self.said = []

    def end(self, process):
        process.kill()
        process.wait()

    def start(self, kind):
        server = subprocess.Popen([sys.executable, "-I", "-c", SERVER, kind], cwd=self.directory, stdout=subprocess.PIPE)
        server.stdout.readline()
        server.stdout.close()
        self.addCleanup(self.end, server)
        return server

    def run_on(self, server, read=None, sends=lambda _: False, seconds=30):
        pid = server and server.pid
        with mock.patch.object(shutdown, "postmaster", return_value=pid), \
                mock.patch.object(shutdown, "sends_wal", side_effect=sends), \
                mock.patch.object(shutdown, "ORDERLY_SECONDS", seconds):
            return shutdown.shut_down_primary(self.patroni.pid, read or (lambda: self.leadership), self.said.append)

    def state(self, pid):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0]

    def test_in_order_releases_the_key_once(self):
        self.assertEqual(self.run_on(self.start("orderly")), 0)
        self.leadership.release.assert_called_once()

    def test_patroni_is_stopped_before_postgresql(self):
        states = []

        def read():
            # the kernel takes a moment on busy cores
            deadline = time.monotonic() + 10
            while (state := self.state(self.patroni.pid)) != "T" and time.monotonic() < deadline:
                time.sleep(0.01)
            states.append(state)

        self.assertEqual(self.run_on(self.start("orderly"), read), 0)
        self.assertEqual(states, ["T"])

    def test_cut_off_keeps_the_key(self):
        self.assertEqual(self.run_on(self.start("stubborn"), seconds=0.2), 1)
        self.leadership.release.assert_not_called()

    def test_an_archiver_that_stays_is_cut_off_in_order(self):
        self.assertEqual(self.run_on(self.start("lingering")), 0)
        self.leadership.release.assert_called_once()

    def test_it_waits_for_the_standbys(self):
        left = [True, True, True]
        self.assertEqual(self.run_on(self.start("lingering"), sends=lambda _: bool(left and left.pop())), 0)
        self.assertEqual(left, [])

    def test_a_standby_that_takes_no_wal_keeps_the_key(self):
        # pg_control says that it stopped; a sender that never ends means that a standby may lack WAL
        self.assertEqual(self.run_on(self.start("lingering"), sends=lambda _: True, seconds=0.2), 1)
        self.leadership.release.assert_not_called()

    def test_without_a_postgresql_nothing_is_proven(self):
        self.assertEqual(self.run_on(None), 1)
        self.leadership.release.assert_not_called()

    def test_without_the_key_it_still_stops_in_order(self):
        self.assertEqual(self.run_on(self.start("orderly"), read=lambda: None), 0)
