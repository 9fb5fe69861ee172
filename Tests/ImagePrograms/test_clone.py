import unittest

from cluster_node.clone import decision

MIB = 1 << 20


def stanza(newest="000000010000000000000014", stop="000000010000000000000010", size=300 * MIB, **backup):
    return {"archive": [{"max": None}, {"max": newest}],
            "backup": [{"label": "F", "error": False, "archive": {"stop": stop}, "info": {"size": size}, **backup}]}


class Decision(unittest.TestCase):
    def test_little_wal(self):
        self.assertEqual(decision(stanza()), (True, "restoring F, 300 MiB, and 64 MiB of WAL"))

    def test_more_wal_than_data(self):
        is_better, text = decision(stanza(newest="000000010000000100000014"))
        self.assertFalse(is_better)
        self.assertIn("4160 MiB of WAL", text)

    def test_small_data_are_no_reason(self):
        self.assertTrue(decision(stanza(newest="000000010000000000000020", size=1 * MIB))[0])

    def test_another_timeline_counts_by_its_number(self):
        self.assertTrue(decision(stanza(newest="000000020000000000000014"))[0])

    def test_no_usable_backup(self):
        self.assertEqual(decision(stanza(error=True)), (False, "there is no usable backup"))
        self.assertEqual(decision({"archive": []}), (False, "there is no usable backup"))

    def test_the_newest_usable_backup(self):
        found = stanza()
        found["backup"] += [{**found["backup"][0], "label": "I"}, {**found["backup"][0], "label": "broken", "error": True}]
        self.assertIn("restoring I", decision(found)[1])
