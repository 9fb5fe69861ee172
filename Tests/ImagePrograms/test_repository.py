import json
import subprocess
import unittest
from unittest import mock

from cluster_node import repository, wal
from cluster_node.output import Failure

ID = "18-1"


def path(timeline, number, suffix=".zst"):
    name = wal.segment_name(timeline, number)
    return f"{ID}/{name[:16]}/{name}-{'a' * 40}{suffix}"


def stanza(*backups):
    return {"name": "demo", "archive": [{"id": ID, "database": {"id": 1}}],
            "backup": [{"archive": {"start": wal.segment_name(*start), "stop": wal.segment_name(*stop)}, "database": {"id": 1}}
                       for start, stop in backups]}


class Archive(unittest.TestCase):
    def check(self, files, *backups, read=lambda name: "", now=1000):
        found = stanza(*backups)
        return repository.check_archive(found["archive"][0], found, files, read, now)

    def files(self, *places, at=0):
        return {path(*place): {"time": at} for place in places}

    def test_complete(self):
        self.assertEqual(self.check(self.files((1, 3), (1, 4), (1, 5)), ((1, 3), (1, 3))), 3)

    def test_a_gap(self):
        with self.assertRaisesRegex(Failure, "000000010000000000000004 is missing in the archive, the first of 1") as raised:
            self.check(self.files((1, 3), (1, 5)), ((1, 3), (1, 3)))
        self.assertEqual(raised.exception.status, 4)

    def test_the_newest_may_have_one(self):
        files = {**self.files((1, 3)), **self.files((1, 5), at=990)}
        self.assertEqual(self.check(files, ((1, 3), (1, 3))), 1)

    def test_a_backup_that_is_not_consistent(self):
        with self.assertRaisesRegex(Failure, "000000010000000000000002"):
            self.check(self.files((1, 3)), ((1, 2), (1, 3)))

    def test_across_timelines_by_the_history(self):
        files = {**self.files((1, 3), (2, 4)), f"{ID}/00000002.history": {"time": 0}}
        history = {f"{ID}/00000002.history": "1\t0/4000000\tx\n"}
        self.assertEqual(self.check(files, ((1, 3), (1, 3)), read=history.__getitem__), 2)

    def test_a_missing_history(self):
        with self.assertRaisesRegex(Failure, "the history of timeline 2"):
            self.check(self.files((1, 3), (2, 4)), ((1, 3), (1, 3)))

    def test_other_files_are_no_segments(self):
        files = {**self.files((1, 3)), f"{ID}/00000002.history": {}, path(1, 4) + ".pgbackrest.tmp": {},
                 path(1, 3).replace(ID, "17-1"): {}, f"{ID}/0000000100000000/{wal.segment_name(1, 4)}.partial-{'a' * 40}": {}}
        self.assertEqual(set(repository.archived_segments(ID, files)), {(1, 3)})

    def test_without_backups_nothing_is_needed(self):
        self.assertEqual(self.check(self.files((1, 3))), 0)


class Expire(unittest.TestCase):
    OPTIONS = ["--stanza=demo", "--set=1F"]

    def expire(self, *backups):
        info = subprocess.CompletedProcess([], 0, json.dumps([{"name": "demo", "backup": list(backups)}]))
        with mock.patch.object(subprocess, "run", return_value=info), mock.patch.object(repository, "watch") as watch:
            repository.expire(self.OPTIONS)
        return watch.call_args[0]

    def test_one_backup_and_nothing_by_the_retention(self):
        arguments = self.expire({"label": "1F", "prior": None, "reference": None}, {"label": "2F", "reference": None})
        self.assertEqual(arguments[:2], tuple(self.OPTIONS))
        self.assertEqual(arguments[-1], "expire")
        for kind in ("full", "diff", "archive"):
            self.assertIn(f"--repo1-retention-{kind}=9999999", arguments)

    def test_not_one_that_another_depends_on(self):
        for other in ({"label": "1F_2I", "prior": "1F"}, {"label": "1F_3I", "prior": "1F_2I", "reference": ["1F", "1F_2I"]}):
            with self.assertRaisesRegex(Failure, f"{other['label']} depends on 1F"):
                self.expire({"label": "1F", "prior": None}, other)


class Words(unittest.TestCase):
    def test_the_key_is_told_to_no_reader(self):
        text = '[backrest]\nbackrest-version="2"\n\n[backup:current]\n20251009F={"a":1}\n\n[cipher]\ncipher-pass="secret"\n' \
               '\n[db]\ndb-id=1\n\n[db:history]\n1={}\n'
        self.assertEqual(repository.public_sections(text).split(), ["[backup:current]", '20251009F={"a":1}', "[db]", "db-id=1"])

    def test_the_first_error(self):
        self.assertEqual(repository.first_error("P00  ERROR: [055]: unable to open\n"), "[055]: unable to open")
        self.assertIsNone(repository.first_error("P00   INFO: backup command begin"))

    def look(self, status, stdout="", stderr=""):
        done = subprocess.CompletedProcess([], status, stdout, stderr)
        with mock.patch.object(subprocess, "run", return_value=done):
            return repository.backup_info("demo")

    def test_a_look_tells_absent_from_unknown(self):
        self.assertIsNone(self.look(1))
        self.assertEqual(self.look(0, "[db]\ndb-id=1\n"), "[db]\ndb-id=1")
        with self.assertRaisesRegex(Failure, r"^\[039\]: HTTP request failed with 403 \(Forbidden\) AccessDenied$"):
            self.look(39, "", "ERROR: [039]: HTTP request failed with 403 (Forbidden):\n<Code>AccessDenied</Code>")

    def test_a_verify_with_errors_and_status_zero_is_damage(self):
        done = subprocess.CompletedProcess([], 0, "stanza: demo\nstatus: error\n  missing: 1\n", None)
        with mock.patch.object(subprocess, "run", return_value=done), self.assertRaisesRegex(Failure, "missing: 1"):
            repository.verify([])
