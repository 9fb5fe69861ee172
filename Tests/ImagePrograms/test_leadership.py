import copy
import json
import unittest
from unittest import mock

from cluster_node import leadership
from cluster_node.etcd import decoded, encoded
from cluster_node.leadership import Leadership

CONFIG = {"name": "pg-1", "scope": "demo", "namespace": "/service/"}


class LeadershipTests(unittest.TestCase):
    def setUp(self):
        self.said = []
        self.leader = {"value": "pg-1", "lease": "77"}
        self.record = {"stage": "holding", "from": "pg-1", "to": "pg-2"}
        self.dynamic = {"synchronous_mode": True}
        self.asked = []
        self.succeeds = True

    def ask(self, path, question):
        self.asked.append((path, question))
        if path == "/v3/lease/revoke":
            return {}
        if "compare" in question:
            return {"succeeded": True} if self.succeeds else {}
        values = {"leader": self.leader, "record": self.record and {"value": json.dumps(self.record), "mod_revision": "5"},
                  "config": {"value": json.dumps(self.dynamic)}}
        keys = leadership.key_names(CONFIG)
        responses = []
        for operation in question["success"]:
            what = next(what for what, key in keys.items() if key == operation["request_range"]["key"])
            value = copy.deepcopy(values[what])
            if value:
                value["value"] = encoded(value["value"])
            responses.append({"response_range": {"kvs": [value] if value else []}})
        return {"responses": responses}

    def read(self, *members):
        members = members or (mock.Mock(ask=self.ask),)
        with mock.patch.object(leadership, "members", return_value=list(members)):
            return Leadership.read(CONFIG, self.said.append)

    def test_all_that_the_release_depends_on(self):
        found = self.read()
        self.assertEqual((found.lease, found.record_revision, found.candidate), ("77", "5", "pg-2"))

    def test_the_next_member_is_asked_where_one_does_not_answer(self):
        for silent in (None, {}):
            self.assertIsNotNone(self.read(mock.Mock(ask=lambda *_, silent=silent: silent), mock.Mock(ask=self.ask)))

    def test_none_where_a_switchover_left_anything_else(self):
        for change in ({"leader": {"value": "pg-2", "lease": "77"}}, {"record": {**self.record, "from": "pg-2"}},
                       {"record": {**self.record, "stage": "asking"}}, {"dynamic": {"pause": True}}, {"record": None},
                       {"record": {"stage": "holding"}}, {"leader": None}, {"leader": {"value": "pg-1"}}, {"record": [1]}):
            self.setUp()
            for name, value in change.items():
                setattr(self, name, value)
            self.assertIsNone(self.read(), change)

    def test_in_quorum_mode_no_candidate_is_named(self):
        self.dynamic = {"synchronous_mode": "quorum"}
        self.assertIsNone(self.read().candidate)

    def test_release_is_one_transaction_and_then_the_lease(self):
        self.read().release(self.said.append)
        (_, question), (revoke, lease) = self.asked[1:]
        compared = {(decoded(part["key"]), part["target"]) for part in question["compare"]}
        self.assertEqual(compared, {("/service/demo/leader", "VALUE"), ("/service/demo/leader", "LEASE"),
                                    ("/controller/demo/switchover", "MOD")})
        self.assertTrue(all(part["result"] == "EQUAL" for part in question["compare"]))
        failover, *deleted = question["success"]
        self.assertEqual(json.loads(decoded(failover["request_put"]["value"])), {"leader": "pg-1", "member": "pg-2"})
        self.assertEqual([decoded(part["request_delete_range"]["key"]) for part in deleted],
                         ["/service/demo/leader", "/service/demo/members/pg-1"])
        self.assertEqual((revoke, lease), ("/v3/lease/revoke", {"ID": "77"}))

    def test_without_a_candidate_an_old_one_is_removed(self):
        self.dynamic = {"synchronous_mode": "quorum"}
        self.read().release(self.said.append)
        self.assertEqual(decoded(self.asked[1][1]["success"][0]["request_delete_range"]["key"]), "/service/demo/failover")

    def test_a_lease_is_kept_where_the_key_was_not_deleted(self):
        self.succeeds = False
        self.read().release(self.said.append)
        self.assertEqual([path for path, _ in self.asked], ["/v3/kv/txn", "/v3/kv/txn"])
        self.assertIn("left to the controller", self.said[-1])

    def test_a_namespace_of_its_own(self):
        keys = leadership.key_names({**CONFIG, "namespace": "db"})
        self.assertEqual(decoded(keys["leader"]), "/db/demo/leader")
