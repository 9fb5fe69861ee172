import unittest

from cluster_node.belongs import belongs


def patroni(status, node, *members):
    answers = {"/leader": (status, node), "/cluster": (200, {"members": list(members)})}
    return lambda path: answers[path]


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
