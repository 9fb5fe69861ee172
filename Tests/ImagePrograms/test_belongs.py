import http.client
import os
import tempfile
import unittest
from unittest import mock

from cluster_node import belongs as module
from cluster_node.belongs import belongs, interface


def patroni(status, node, *members):
    answers = {"/leader": (status, node), "/cluster": (200, {"members": list(members)})}
    return lambda path: answers[path]


class Protocol(unittest.TestCase):
    def test_patroni_is_asked_as_its_file_has_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "patroni.yml")
            self.assertEqual(interface(path), ("127.0.0.1", False))
            plain = "restapi:\n  listen: 0.0.0.0:8008\npostgresql:\n  listen: 0.0.0.0:5432\n"
            named = 'restapi:\n  listen: "pg-node-1.internal:8008"\n  verify_client: optional\n'
            for text, expected in ((plain, ("127.0.0.1", False)), (named, ("pg-node-1.internal", True))):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                self.assertEqual(interface(path), expected)

    def test_without_tls_where_there_is_no_file(self):
        with mock.patch.object(module, "interface", return_value=("127.0.0.1", False)):
            self.assertIs(type(module.connect()), http.client.HTTPConnection)

    def test_with_tls_the_authority_is_checked(self):
        with mock.patch.object(module, "interface", return_value=("127.0.0.1", True)):
            with self.assertRaises(OSError):
                module.connect()


class Belongs(unittest.TestCase):
    def test_what_a_running_leader_writes(self):
        self.assertTrue(belongs(7, patroni(200, {"state": "running"})))

    def test_a_leader_that_does_not_run_yet_is_asked_as_the_others(self):
        self.assertFalse(belongs(7, patroni(200, {"state": "starting"})))

    def test_up_to_the_timeline_of_the_leader(self):
        leader = {"role": "leader", "timeline": 5}
        for timeline, expected in ((4, True), (5, True), (6, False)):
            self.assertEqual(belongs(timeline, patroni(503, {}, {"role": "replica", "timeline": 9}, leader)), expected)

    def test_without_a_leader_it_cannot_be_known(self):
        self.assertFalse(belongs(1, patroni(503, {}, {"role": "replica", "timeline": 5})))
