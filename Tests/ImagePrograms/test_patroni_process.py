import socketserver
import sys
import types
import unittest
from unittest import mock

from cluster_node import patroni_process


class PatroniProcess(unittest.TestCase):
    def test_parameters_whose_names_are_names_stay(self):
        parameters = {"work_mem": "1MB", "auto_explain.log_min_duration": 1, "A$1": None}
        self.assertEqual(patroni_process.named(parameters), parameters)

    def test_other_text_is_left_out(self):
        for name in ("", "a b", "a.b.c", "1a", ".a", "a.", "a='x'#.b", "a\nb", "a\n", "ä", 1):
            self.assertEqual(patroni_process.named({name: "1", "work_mem": "1MB"}), {"work_mem": "1MB"}, name)

    def test_answers_wait_for_no_acknowledgement(self):
        class Handler(socketserver.StreamRequestHandler):
            pass

        self.assertFalse(Handler.disable_nagle_algorithm)
        api = types.SimpleNamespace(RestApiHandler=Handler)
        with mock.patch.dict(sys.modules, {"patroni": types.SimpleNamespace(api=api), "patroni.api": api}):
            patroni_process.answer_at_once()
        self.assertTrue(Handler.disable_nagle_algorithm)

    def test_nothing_is_nothing(self):
        self.assertEqual(patroni_process.named(None), {})
