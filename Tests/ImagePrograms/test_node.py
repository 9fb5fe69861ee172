import os
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from cluster_node import addresses, backup_server, node, sessions
from cluster_node.backup_server import BackupServer


class Init(unittest.TestCase):
    def test_a_status_as_a_shell_tells_it(self):
        self.assertEqual(node.exit_status(3 << 8), 3)
        self.assertEqual(node.exit_status(signal.SIGKILL), 137)

    def reap_until(self, patroni, server):
        while (code := node.reap(patroni, server)) is None:
            pass
        return code

    def test_patronis_end_is_the_end(self):
        server = mock.Mock(process=None)
        other, patroni = (subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"]) for code in (4, 5))
        self.assertEqual(self.reap_until(patroni.pid, server), 5)
        other.returncode = patroni.returncode = 0

    def test_the_backup_servers_end_is_not(self):
        process = subprocess.Popen(["true"])
        server = mock.Mock(process=process.pid)
        while server.process is not None:
            self.assertIsNone(node.reap(-1, server))
        process.returncode = 0

    def test_stale_sockets_go_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as directory:
            for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock", "other"):
                open(f"{directory}/{name}", "w", encoding="utf-8").close()
            node.remove_stale_sockets(directory)
            self.assertEqual(os.listdir(directory), ["other"])


class Supervising(unittest.TestCase):
    """The init in a process of its own, with a Patroni that tells of the signal that it gets."""

    PATRONI = "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: exit(9))\nprint('up', flush=True)\ntime.sleep(600)"
    INIT = f"""
import os, signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
from cluster_node import node
signal.pthread_sigmask(signal.SIG_BLOCK, node.FORWARDED | {{signal.SIGCHLD}})
patroni = subprocess.Popen([sys.executable, "-c", {PATRONI!r}], preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, ()))
status = node.supervise(patroni.pid)
print("ended", status, flush=True)
os._exit(0)
"""

    def test_a_signal_is_forwarded_and_the_status_comes_back(self):
        package = os.path.dirname(os.path.dirname(node.__file__))
        init = subprocess.Popen([sys.executable, "-B", "-c", self.INIT, package], stdout=subprocess.PIPE, text=True)
        self.assertEqual(init.stdout.readline(), "up\n")
        init.send_signal(signal.SIGTERM)
        self.assertEqual(init.communicate(timeout=60)[0], "ended 9\n")


class Certificates(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.certificate = f"{folder.name}/cluster.crt"
        self.now = 0.0
        self.configuration = f"{folder.name}/pgbackrest.conf"
        with open(self.configuration, "w", encoding="utf-8"):
            pass
        self.server = BackupServer(self.certificate, lambda: self.now, self.configuration)
        self.server.spawn = mock.Mock(return_value=77)
        self.server.reload = mock.Mock()

    def write(self):
        with open(self.certificate + ".new", "w", encoding="utf-8") as file:
            file.write(str(self.now))
        os.rename(self.certificate + ".new", self.certificate)

    def test_none_without_a_certificate(self):
        self.now = 100
        self.server.keep()
        self.server.spawn.assert_not_called()

    def test_none_without_backups(self):
        self.write()
        os.remove(self.configuration)
        self.now = 100
        self.server.keep()
        self.server.spawn.assert_not_called()

    def test_started_once_in_an_interval(self):
        self.write()
        self.server.keep()
        self.server.spawn.assert_not_called()
        self.now = backup_server.INTERVAL_SECONDS + 1
        self.server.keep()
        self.server.keep()
        self.server.spawn.assert_called_once()
        self.server.process = None
        self.server.keep()
        self.server.spawn.assert_called_once()
        self.now *= 3
        self.server.keep()
        self.assertEqual(self.server.spawn.call_count, 2)

    def test_a_new_certificate_is_read(self):
        self.write()
        self.now = 100
        self.server.keep()
        self.server.reload.assert_not_called()
        self.write()
        self.server.keep()
        self.server.keep()
        self.server.reload.assert_called_once()

    def test_another_address_ends_it(self):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.server.process = process.pid
        self.server.restart()
        self.assertEqual(process.wait(timeout=60), -signal.SIGTERM)
        self.server.process = None
        self.server.restart()


class Addresses(unittest.TestCase):
    TABLE = """Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.0.0.0
        /32 link BROADCAST
     |-- 10.0.0.2
        /32 host LOCAL
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
"""

    def test_of_the_kernels_table(self):
        with tempfile.NamedTemporaryFile("w", suffix=".trie") as file:
            file.write(self.TABLE)
            file.flush()
            self.assertEqual(addresses.own(file.name), {"10.0.0.2", "127.0.0.1"})
        self.assertEqual(addresses.own("/nothing/here"), set())

    def test_a_change_is_told_once_and_looked_for_once_in_an_interval(self):
        self.now, self.seen = 0.0, frozenset({"10.0.0.2"})
        watch = addresses.Watch(3, lambda: self.seen, lambda: self.now)
        self.seen = frozenset({"10.0.0.3"})
        self.assertEqual(watch.changes(), (set(), set()))
        self.now = 4
        self.assertEqual(watch.changes(), ({"10.0.0.2"}, {"10.0.0.3"}))
        self.now = 8
        self.assertEqual(watch.changes(), (set(), set()))


class Sessions(unittest.TestCase):
    def test_a_name_is_no_option(self):
        self.assertEqual(sessions.conninfo("host=evil"), "dbname='host=evil'")
        self.assertEqual(sessions.conninfo("a'b\\c"), "dbname='a\\'b\\\\c'")

    def test_the_options_of_the_image(self):
        path = os.path.join(os.path.dirname(node.__file__), "../session-options")
        options = sessions.session_options(path)
        self.assertTrue(all(option.startswith("-c ") for option in options))
        self.assertIn("-c search_path=pg_catalog,pg_temp", options)
