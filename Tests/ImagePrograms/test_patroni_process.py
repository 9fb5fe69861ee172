import os
import socketserver
import sys
import tempfile
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

    def test_a_file_of_postgresql_is_whole_at_every_moment(self):
        class Writer:
            def __init__(self, filename):
                self._filename, self._fd = filename, None

            def __enter__(self):
                self._fd = open(self._filename, "w", encoding="ascii")
                return self

            def __exit__(self, *_):
                self._fd.close()

        config = types.SimpleNamespace(ConfigWriter=Writer)
        modules = {"patroni": types.SimpleNamespace(), "patroni.postgresql": types.SimpleNamespace(config=config)}
        with mock.patch.dict(sys.modules, modules):
            patroni_process.write_at_once()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "postgresql.conf")

            def content():
                with open(path, encoding="ascii") as file:
                    return file.read()

            with Writer(path) as writer:
                writer._fd.write("old")
            with Writer(path) as first:
                first._fd.write("one")
                first._fd.flush()
                self.assertEqual(content(), "old")
            self.assertEqual(content(), "one")
            # what fails half-way changes nothing, and leaves nothing behind
            with self.assertRaises(ValueError):
                with Writer(path) as writer:
                    writer._fd.write("half")
                    raise ValueError
            self.assertEqual(content(), "one")
            self.assertEqual(os.listdir(folder), ["postgresql.conf"])

    def test_an_address_that_the_name_has_left(self):
        server = types.SimpleNamespace(_RestApiServer__listen="a.internal:8008", server_address=("10.0.0.2", 8008))

        def moved(now, own=("10.0.0.2", "10.0.0.3", "127.0.0.1"), server=server):
            answer = mock.Mock(side_effect=OSError) if now is None else mock.Mock(return_value=now)
            with mock.patch("socket.gethostbyname", answer), mock.patch("cluster_node.addresses.own", return_value=own):
                return patroni_process.has_moved(server)

        self.assertFalse(moved("10.0.0.2"))
        self.assertTrue(moved("10.0.0.3"))
        # no endpoint, or one that is not complete yet: Patroni could not listen there
        self.assertFalse(moved(None))
        self.assertFalse(moved("10.0.0.9"))
        # before it listens for the first time
        self.assertFalse(moved("10.0.0.3", server=types.SimpleNamespace(_RestApiServer__listen=None)))

    def test_patroni_listens_where_its_name_is(self):
        class Server:
            _received_new_cert, renewed = False, None

            def reload_local_certificate(self):
                return self.renewed

            def reload_config(self, config):
                self.config = config

        api = types.SimpleNamespace(RestApiServer=Server)
        with mock.patch.dict(sys.modules, {"patroni": types.SimpleNamespace(api=api), "patroni.api": api}):
            patroni_process.follow_address()
        for has_moved in (False, True):
            server = Server()
            with mock.patch.object(patroni_process, "has_moved", return_value=has_moved):
                self.assertEqual(bool(server.reload_local_certificate()), has_moved)
                server.reload_config({"listen": "a:8008"})
            self.assertEqual((server.config, server._received_new_cert), ({"listen": "a:8008"}, has_moved))

    def test_nothing_is_nothing(self):
        self.assertEqual(patroni_process.named(None), {})
