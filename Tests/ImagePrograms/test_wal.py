import random
import sys
import unittest

from cluster_node import wal

END = sys.maxsize


class Names(unittest.TestCase):
    def test_as_postgresql_names_segments(self):
        self.assertEqual(wal.segment("000000020000000100000003"), (2, 259))
        self.assertEqual(wal.segment_name(2, 259), "000000020000000100000003")
        self.assertEqual(wal.segment_name(1, 255), "0000000100000000000000FF")
        self.assertEqual(wal.segment_name(1, 256), "000000010000000100000000")

    def test_round_trip(self):
        chance = random.Random(18)
        for _ in range(2000):
            place = (chance.randrange(1, 1 << 32), chance.randrange(0, 1 << 40))
            self.assertEqual(wal.segment(wal.segment_name(*place)), place)

    def test_names_sort_as_their_places(self):
        chance = random.Random(19)
        places = [(chance.randrange(1, 4), chance.randrange(0, 2000)) for _ in range(200)]
        self.assertEqual(sorted(places), [wal.segment(name) for name in sorted(wal.segment_name(*place) for place in places)])


class Branches(unittest.TestCase):
    def test_first_timeline_has_no_history(self):
        self.assertEqual(wal.branches(1), [(1, 0, END)])

    def test_history_file(self):
        history = "1\t0/A0000D8\tno recovery target specified\n\n2\t1/3000000\tbefore 2026-11-29 10:00:00\n"
        self.assertEqual(wal.branches(3, history), [(1, 0, 10), (2, 10, 259), (3, 259, END)])

    def test_comments_are_no_timelines(self):
        self.assertEqual(wal.branches(2, "# 7\t0/0\n1\t0/3000000\tx\n"), [(1, 0, 3), (2, 3, END)])


class Needed(unittest.TestCase):
    def segments(self, timeline, first, last):
        return {(timeline, number) for number in range(first, last + 1)}

    def test_from_the_oldest_backup_to_the_end(self):
        found = wal.needed([(1, 0, END)], [((1, 3), (1, 4)), ((1, 8), (1, 8))], [(1, 10)])
        self.assertEqual(found, self.segments(1, 3, 10))

    def test_across_timelines(self):
        found = wal.needed([(1, 0, 10), (2, 10, END)], [((1, 7), (1, 8))], [(2, 13)])
        self.assertEqual(found, self.segments(1, 7, 9) | self.segments(2, 10, 13))

    def test_a_backup_on_a_branch_that_was_left_needs_itself_only(self):
        found = wal.needed([(1, 0, 10), (2, 10, END)], [((1, 15), (1, 16)), ((2, 12), (2, 12))], [(2, 13)])
        self.assertEqual(found, self.segments(1, 15, 16) | self.segments(2, 12, 13))

    def test_the_newest_wal_may_still_have_a_gap(self):
        self.assertEqual(wal.needed([(1, 0, END)], [((1, 3), (1, 3))], []), {(1, 3)})

    def test_no_backup_needs_nothing(self):
        self.assertEqual(wal.needed([(1, 0, END)], [], [(1, 5)]), set())
