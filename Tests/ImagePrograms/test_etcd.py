import http.server
import json
import ssl
import subprocess
import tempfile
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
                test.tokens.append(self.headers.get("Authorization"))
                status, body = test.answers.get(self.path, (test.status, test.body))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.asked, self.status, self.body = [], 200, b'{"health": "true"}'
        self.tokens, self.answers = [], {}
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
        self.assertIsNone(etcd.Member("127.0.0.1", 1, {"username": "n", "password": "p"}).ask("/v3/kv/txn", {"success": []}))

    def test_a_question_shows_who_asks_and_the_token_serves_for_the_next(self):
        self.member.section = {"username": "n1", "password": "secret"}
        self.answers["/v3/auth/authenticate"] = (200, b'{"token": "t"}')
        for _ in range(2):
            self.assertEqual(self.member.ask("/v3/kv/txn", {"success": []}), {"health": "true"})
        self.member.ask("/health")
        paths = [path for _, path, _ in self.asked]
        self.assertEqual(paths, ["/v3/auth/authenticate", "/v3/kv/txn", "/v3/kv/txn", "/health"])
        self.assertEqual(json.loads(self.asked[0][2]), {"name": "n1", "password": "secret"})
        self.assertEqual(self.tokens, [None, "t", "t", None])

    def test_without_authentication_the_question_goes_without_a_token(self):
        self.member.section = {"username": "n1", "password": "secret"}
        self.answers["/v3/auth/authenticate"] = (400, b'{"code": 9}')
        self.assertEqual(self.member.ask("/v3/kv/txn", {"success": []}), {"health": "true"})
        self.assertEqual(self.tokens, [None, None])


class Certificates(unittest.TestCase):
    """A member whose server shows a certificate for `localhost` and asks for one of the same authority."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make = """
            for ca in ca other; do
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$ca" \
                    -addext keyUsage=critical,keyCertSign -keyout $ca.key -out $ca.pem
            done
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=x -keyout own.key -out own.csr
            printf 'subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n' >own.ext
            openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile own.ext -out own.crt
            cat own.key own.crt >own.pem
            """
        subprocess.run(["sh", "-e", "-c", make], cwd=cls.folder.name, check=True, capture_output=True)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cls.file("ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(cls.file("own.pem"))
        cls.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        cls.server.handle_error = lambda *_: None
        cls.server.socket = context.wrap_socket(cls.server.socket, server_side=True)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        cls.folder.cleanup()

    @classmethod
    def file(cls, name):
        return f"{cls.folder.name}/{name}"

    def ask(self, host="localhost", cacert="ca.pem", cert="own.pem"):
        section = {"protocol": "https", "cacert": self.file(cacert)}
        if cert:
            section |= {"cert": self.file(cert), "key": self.file(cert)}
        return etcd.Member(host, self.server.server_port, section).ask("/health")

    def test_the_right_ones_are_taken(self):
        self.assertEqual(self.ask(), {})

    def test_a_server_of_another_authority_is_no_answer(self):
        self.assertIsNone(self.ask(cacert="other.pem"))

    def test_a_server_of_another_name_is_no_answer(self):
        self.assertIsNone(self.ask(host="127.0.0.1"))

    def test_without_a_certificate_there_is_no_answer(self):
        self.assertIsNone(self.ask(cert=None))

    def test_a_file_that_is_missing_is_no_answer(self):
        self.assertIsNone(self.ask(cert="missing.pem"))


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


