import contextlib
import io
import json
import unittest
from unittest import mock

from cluster_node import server, task
from cluster_node.output import Failure


class Arguments(unittest.TestCase):
    def test_options_are_pgbackrests_own(self):
        options = ["--stanza=demo", "--type=time", "--target=2026-11-29 10:00:00+00", "--target-action=promote", "--set=F"]
        self.assertEqual(task.parsed(["restore", *options]), ("restore", options))

    def test_an_unknown_verb(self):
        for arguments in ([], ["destroy"], ["--stanza=demo"]):
            with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as raised:
                task.parsed(arguments)
            self.assertEqual(raised.exception.code, 2)


class Results(unittest.TestCase):
    def run_with(self, step):
        printed = io.StringIO()
        with mock.patch.dict(task.VERBS, {"drill": step}), mock.patch("sys.argv", ["task", "drill"]), \
                mock.patch("signal.signal"), contextlib.redirect_stdout(printed):
            status = task.main()
        line = printed.getvalue().splitlines()[-1]
        self.assertTrue(line.startswith("task: {"))
        return status, json.loads(line.removeprefix("task: "))

    def test_the_last_line_is_the_result(self):
        status, result = self.run_with(lambda options, result: result.update(rows=3))
        self.assertEqual((status, result["verb"], result["rows"]), (0, "drill", 3))
        self.assertNotIn("error", result)

    def test_a_failure_has_its_status(self):
        def fail(*_):
            raise Failure(4, "damage")

        status, result = self.run_with(fail)
        self.assertEqual((status, result["error"]), (4, "damage"))

    def test_an_error_of_the_system(self):
        def fail(*_):
            raise FileNotFoundError(2, "no such program", "pgbackrest")

        status, result = self.run_with(fail)
        self.assertEqual(status, 1)
        self.assertIn("pgbackrest", result["error"])


class Complaints(unittest.TestCase):
    def test_only_what_is_wrong(self):
        log = ('LOG:  unrecognized configuration parameter "x" in file "postgresql.conf" line 3\n'
               'FATAL:  configuration file "postgresql.conf" contains errors\nLOG:  starting PostgreSQL 18\nDETAIL: z\n')
        self.assertEqual(server.complaint(log), 'unrecognized configuration parameter "x" in file "postgresql.conf" line 3')

    def test_silence(self):
        self.assertEqual(server.complaint(""), "")
