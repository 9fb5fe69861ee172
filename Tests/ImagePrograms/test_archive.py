"""The program `archive`, PostgreSQL's archive_command, beside a pgBackRest and a `belongs` that answer as they are told."""

import os
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../deploy/images/postgres/bin/archive"))
SEGMENT = "000000020000000000000007"


class Archive(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.directory = folder.name
        os.makedirs(f"{self.directory}/pg_wal/archive_status")
        os.makedirs(f"{self.directory}/bin")
        self.program("pgbackrest", 'echo "$*" >>calls; exit "$(cat answer)"')
        self.program("belongs", '[ -e leads ]')
        self.write("answer", "0")

    def write(self, path, text=""):
        with open(f"{self.directory}/{path}", "w") as file:
            file.write(text)

    def program(self, name, text):
        self.write(f"bin/{name}", f"#!/bin/sh\n{text}\n")
        os.chmod(f"{self.directory}/bin/{name}", 0o755)

    def status(self, *names):
        for name in names:
            self.write(f"pg_wal/archive_status/{name}")

    def archive(self, file=SEGMENT):
        """Its exit code, the calls of pgBackRest, and what it said."""
        path = f"{self.directory}/bin:{os.environ['PATH']}"
        ended = subprocess.run(["sh", PROGRAM, "demo", f"pg_wal/{file}"], cwd=self.directory, env={"PATH": path},
                               stderr=subprocess.PIPE, text=True)
        try:
            with open(f"{self.directory}/calls") as file:
                calls = file.read().splitlines()
        except FileNotFoundError:
            calls = []
        return ended.returncode, calls, ended.stderr

    def test_a_push_may_go_on_in_the_background_once_one_was_archived(self):
        self.status("000000020000000000000006.done", f"{SEGMENT}.ready")
        self.assertEqual(self.archive(), (0, [f"--stanza=demo archive-push pg_wal/{SEGMENT}"], ""))

    def test_the_first_push_of_a_cluster_meets_stanza_create_and_stays_in_the_foreground(self):
        self.status(f"{SEGMENT}.ready")
        self.assertEqual(self.archive()[1], [f"--stanza=demo --no-archive-async archive-push pg_wal/{SEGMENT}"])

    def test_a_file_that_is_not_ready_any_more_stays_in_the_foreground_because_the_background_finds_nothing_to_do(self):
        self.status("000000020000000000000006.done", f"{SEGMENT}.done")
        self.assertEqual(self.archive()[1], [f"--stanza=demo --no-archive-async archive-push pg_wal/{SEGMENT}"])

    def test_beside_a_history_that_is_not_archived_a_push_takes_nothing_along(self):
        self.status("000000020000000000000006.done", "00000002.history.ready")
        self.write("leads")
        self.assertEqual(self.archive()[1], [f"--stanza=demo --no-archive-async archive-push pg_wal/{SEGMENT}"])

    def test_a_server_that_does_not_lead_archives_nothing_of_a_timeline_of_its_own(self):
        self.status("000000020000000000000006.done", "00000002.history.ready")
        for file in ["00000002.history", SEGMENT]:
            code, calls, said = self.archive(file)
            self.assertEqual((code, calls), (1, []))
            self.assertIn("this node does not hold the leader key", said)

    def test_a_segment_that_differs_is_no_error_on_a_timeline_that_was_left(self):
        self.status("000000020000000000000006.done")
        self.write("answer", "45")
        self.write("pg_wal/00000003.history", "1\t0/5000000\tx\n2\t0/7000100\tno recovery target specified\n")
        code, _, said = self.archive()
        self.assertEqual(code, 0)
        self.assertIn("by the primary of timeline 2, which was left since", said)

    def test_a_segment_that_differs_on_the_own_timeline_is_an_error(self):
        self.status("000000020000000000000006.done")
        self.write("answer", "45")
        self.write("pg_wal/00000002.history", "1\t0/5000000\tno recovery target specified\n")
        self.assertEqual(self.archive()[0], 45)

    def test_every_other_failure_is_passed_on(self):
        self.write("answer", "103")
        self.assertEqual(self.archive()[0], 103)
