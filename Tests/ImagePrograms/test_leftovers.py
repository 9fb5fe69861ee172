import os
import tempfile
import unittest
from unittest import mock

from cluster_node import leftovers

# archive_command in this test: notes each call with the environment that matters, and ends as the file ANSWER says
SCRIPT = """#!/bin/sh
echo "$1 ${PGBACKREST_ARCHIVE_ASYNC:-}" >>calls
case $(cat answer) in
  yes) exit 0 ;;
  no) exit 1 ;;
  beside) mv "pg_wal/archive_status/${1##*/}.ready" "pg_wal/archive_status/${1##*/}.done"; exit 1 ;;
  both) mv "pg_wal/archive_status/${1##*/}.ready" "pg_wal/archive_status/${1##*/}.done"; exit 0 ;;
esac
"""


class Leftovers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.directory = folder.name
        os.makedirs(f"{self.directory}/pg_wal/archive_status")
        self.write("archive", SCRIPT)
        os.chmod(f"{self.directory}/archive", 0o755)
        self.write("postgresql.conf", "port = 5432\narchive_command = './archive %p && echo ''%f'' >>done'\n")
        self.said, self.now = [], 0.0

    def write(self, name, text):
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def lines(self, name):
        try:
            with open(f"{self.directory}/{name}", encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def run_on(self, names, answer, is_shut_down=True):
        for name in names:
            self.write(f"pg_wal/archive_status/{name}.ready", "")
        self.write("answer", answer)

        def sleep(seconds):
            self.now += seconds

        with mock.patch.object(leftovers, "is_shut_down", return_value=is_shut_down):
            leftovers.archive_leftovers(self.directory, self.said.append, lambda: self.now, sleep)
        return sorted(os.listdir(f"{self.directory}/pg_wal/archive_status"))

    def test_histories_first_and_each_marked_as_done(self):
        names = ["000000020000000000000007", "00000002.history", "000000010000000000000006.partial"]
        self.assertEqual(self.run_on(names, "yes"), sorted(f"{name}.done" for name in names))
        self.assertEqual(self.lines("done"), ["00000002.history", "000000010000000000000006.partial", "000000020000000000000007"])

    def test_in_the_foreground(self):
        self.run_on(["000000020000000000000007"], "yes")
        self.assertEqual(self.lines("calls"), ["pg_wal/000000020000000000000007 n"])

    def test_a_file_that_postgresql_archived_meanwhile_is_not_tried_again(self):
        for answer in ("beside", "both"):
            self.setUp()
            names = ["00000002.history", "000000020000000000000007"]
            self.assertEqual(self.run_on(names, answer), sorted(f"{name}.done" for name in names))
            self.assertEqual(len(self.lines("calls")), 2)
            self.assertEqual(self.now, 0)

    def test_a_history_waits_for_patroni(self):
        self.assertEqual(self.run_on(["00000002.history"], "no"), ["00000002.history.ready"])
        self.assertGreaterEqual(self.now, leftovers.HISTORY_SECONDS)
        self.assertIn("could not be archived", self.said[-1])

    def test_a_segment_does_not(self):
        self.run_on(["000000020000000000000007"], "no")
        self.assertEqual(self.now, 0)
        self.assertIn("could not be archived", self.said[-1])

    def test_nothing_after_a_crash(self):
        self.assertEqual(self.run_on(["000000020000000000000007"], "yes", is_shut_down=False), ["000000020000000000000007.ready"])

    def test_nothing_without_data(self):
        leftovers.archive_leftovers("/nowhere", self.said.append)
        self.assertEqual(self.said, [])

    def test_the_command_as_patroni_writes_it(self):
        self.assertEqual(leftovers.archive_command("a = 1\narchive_command = 'x ''y'' %p'\nb = 2\n"), "x 'y' %p")
        self.assertIsNone(leftovers.archive_command("archive_mode = 'on'\n"))
