import os
import subprocess
import sys
import tempfile
import unittest

from cluster_node import processes


class Proc(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.proc = folder.name
        os.mkdir(f"{self.proc}/sys")

    def add(self, pid, name, parent, command=""):
        os.mkdir(f"{self.proc}/{pid}")
        with open(f"{self.proc}/{pid}/stat", "w", encoding="utf-8") as file:
            file.write(f"{pid} ({name}) S {parent} 1 1 0")
        with open(f"{self.proc}/{pid}/cmdline", "w", encoding="utf-8") as file:
            file.write(command)

    def test_the_postmaster_is_a_child_of_the_first_process(self):
        self.add(1, "node", 0)
        self.add(40, "postgres", 30)
        self.assertIsNone(processes.postmaster(self.proc))
        self.add(30, "postgres", 1)
        self.assertEqual(processes.postmaster(self.proc), 30)

    def test_a_name_with_parentheses_is_read(self):
        self.add(20, "a) S 1 (b", 1)
        self.add(21, "postgres", 1)
        self.assertEqual(processes.postmaster(self.proc), 21)

    def test_only_this_postgresql_counts_as_a_sender(self):
        self.add(50, "postgres", 30, "postgres: walsender replicator streaming 0/5")
        self.add(51, "postgres", 31, "postgres: checkpointer")
        self.assertTrue(processes.sends_wal(30, self.proc))
        self.assertFalse(processes.sends_wal(31, self.proc))


class Ends(unittest.TestCase):
    def test_a_child_that_ended(self):
        child = subprocess.Popen(["true"])
        self.assertTrue(processes.ends(child.pid, 30))
        child.returncode = 0

    def test_something_else_is_enough(self):
        child = subprocess.Popen(["sleep", "60"])
        self.assertIsNone(processes.ends(child.pid, 30, lambda: True))
        self.assertFalse(processes.ends(child.pid, 0.02))
        child.kill()
        child.wait()

    def test_no_child_has_ended(self):
        self.assertTrue(processes.ends(1, 1))


class Control(unittest.TestCase):
    def test_only_an_orderly_stop_of_a_primary(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assertFalse(processes.is_shut_down(directory))
            os.mkdir(f"{directory}/global")
            for state in range(7):
                with open(f"{directory}/global/pg_control", "wb") as file:
                    file.write(bytes(16) + state.to_bytes(4, sys.byteorder) + bytes(8172))
                self.assertEqual(processes.is_shut_down(directory), state == 1)
