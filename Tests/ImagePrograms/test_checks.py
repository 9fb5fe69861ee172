import json
import unittest

from cluster_node import checks
from cluster_node.output import Failure


class ReadAll(unittest.TestCase):
    def setUp(self):
        self.asked = []

    def ask(self, database, statement):
        self.asked.append((database, statement))
        if "json_agg" in statement:
            if "pg_database" in statement:
                return json.dumps(["app", "x=y"])
            if "pg_extension" in statement:
                return json.dumps(["select search"] if database == "app" else [])
            return json.dumps(['"Odd; name"."t"', "public.u"])
        return "21"

    def test_each_table_of_each_database(self):
        result = {}
        checks.read_all(result, self.ask)
        self.assertEqual(result, {"tables": 4, "rows": 84, "vectorSearches": 1})
        self.assertIn(("app", 'select count(*) from only "Odd; name"."t"'), self.asked)
        self.assertIn(("app", "set enable_seqscan = off; select search"), self.asked)

    def test_a_refusal_is_damage(self):
        def refuse(database, statement):
            raise Failure(checks.DAMAGED, "no")

        with self.assertRaises(Failure):
            checks.read_all({}, refuse)
