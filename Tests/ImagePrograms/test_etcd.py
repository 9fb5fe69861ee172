import http.server
import json
import threading
import unittest
from unittest import mock

from cluster_node import etcd


class Members(unittest.TestCase):
    def addresses(self, section):
        return [(member.host, member.port) for member in etcd.members({"etcd3": section})]

    def test_each_form_that_patroni_takes(self):
        self.assertEqual(self.addresses({"hosts": ["a:2379", "b:1"]}), [("a", 2379), ("b", 1)])
        self.assertEqual(self.addresses({"hosts": "a:2379, b"}), [("a", 2379), ("b", 2379)])
        self.assertEqual(self.addresses({"host": "10.0.0.1:2380"}), [("10.0.0.1", 2380)])
        self.assertEqual(self.addresses({}), [])
        self.assertEqual(etcd.members({}), [])


class Answers(unittest.TestCase):
    """A member against an HTTP server of this process."""

    def setUp(self):
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                test.asked.append((self.command, self.path, self.rfile.read(length)))
                self.send_response(test.status)
                self.end_headers()
                self.wfile.write(test.body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.asked, self.status, self.body = [], 200, b'{"health": "true"}'
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.member = etcd.Member("127.0.0.1", server.server_port, {})

    def test_a_question_is_posted(self):
        self.assertEqual(self.member.ask("/v3/kv/txn", {"success": []}), {"health": "true"})
        self.assertEqual(self.asked, [("POST", "/v3/kv/txn", b'{"success": []}')])

    def test_without_a_question_it_is_read(self):
        self.assertEqual(self.member.ask("/health"), {"health": "true"})
        self.assertEqual(self.asked, [("GET", "/health", b"")])

    def test_an_error_is_an_empty_answer(self):
        self.status = 503
        self.assertEqual(self.member.ask("/health"), {})

    def test_no_json_is_no_answer(self):
        self.body = b"<html>"
        self.assertIsNone(self.member.ask("/health"))

    def test_nothing_that_listens_is_no_answer(self):
        self.assertIsNone(etcd.Member("127.0.0.1", 1, {}).ask("/health"))


class Ready(unittest.TestCase):
    """Waiting for etcd, with a clock of its own."""

    def wait(self, *answers):
        """answers: for each member a function from the time and the path to an answer."""
        self.now = 0.0
        said = []

        def member(answer):
            return mock.Mock(ask=lambda path: answer(self.now, path))

        def sleep(seconds):
            self.now += seconds

        with mock.patch.object(etcd, "members", return_value=[member(answer) for answer in answers]):
            etcd.wait_until_ready({}, said.append, lambda: self.now, sleep)
        return self.now, said[-1]

    @staticmethod
    def decided(_, path):
        return {"etcdcluster": "3.5.0"} if path == "/version" else {"health": "true"}

    @staticmethod
    def undecided(_, path):
        return {"etcdcluster": "not_decided"} if path == "/version" else {"health": "true"}

    @staticmethod
    def absent(_now, _path):
        return None

    def test_at_once_when_all_that_answer_are_decided(self):
        after, said = self.wait(self.decided, self.absent, self.decided)
        self.assertEqual(after, 0)
        self.assertIn("2 of 3", said)

    def test_a_member_that_stays_undecided_is_waited_for_two_seconds(self):
        after, said = self.wait(self.decided, self.undecided)
        self.assertGreater(after, etcd.STRAGGLER_SECONDS)
        self.assertLess(after, etcd.STRAGGLER_SECONDS + 1)
        self.assertIn("1 of 2", said)

    def test_a_member_without_a_leader_is_not_ready(self):
        def later(now, path):
            return self.decided(now, path) if path == "/version" or now > 5 else {"health": "false"}

        after, _ = self.wait(later)
        self.assertGreater(after, 5)
        self.assertLess(after, 6)

    def test_patroni_waits_where_etcd_never_answers(self):
        after, said = self.wait(self.absent)
        self.assertGreaterEqual(after, etcd.READY_SECONDS)
        self.assertIn("does not answer", said)

    def test_text(self):
        self.assertEqual(etcd.decoded(etcd.encoded("/service/ä")), "/service/ä")


