"""The script that lists metrics, and what can be said of the rules and the dashboard without Prometheus."""

import contextlib
import io
import os
import re
import tempfile
import unittest

from Monitoring import expressions

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def read(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as file:
        return file.read()


class Metrics(unittest.TestCase):
    def found(self, expression):
        return sorted(expressions.metrics(expression))

    def test_names_and_no_words_of_the_language(self):
        self.assertEqual(self.found("sum by (cluster, le) (rate(a_total[5m])) / on (cluster) group_left () max(b) > bool 1e9"),
                         ["a_total", "b"])
        self.assertEqual(self.found("a offset 15m unless on (x) b or absent(c) and time() - d < 3 * 3600"), ["a", "b", "c", "d"])

    def test_selectors_and_strings_have_no_metrics(self):
        self.assertEqual(self.found('a{b="c{d} # e", f=~"g|h", i="\\"j"} > 0 # k'), ["a"])
        self.assertEqual(self.found('increase(a{cluster="$cluster"}[$__rate_interval])'), ["a"])
        self.assertEqual(self.found('label_replace(a, "b", "$1", "c", "(d)")'), ["a"])

    def test_an_aggregation_without_a_list(self):
        self.assertEqual(self.found("topk(3, count(a)) + count by (x) (b_count)"), ["a", "b_count"])


class Files(unittest.TestCase):
    def test_rules_on_one_line_in_quotes_and_in_blocks(self):
        text = ('- alert: A\n  expr: a > 0\n  for: 1m\n- alert: B\n  expr: |\n    b\n    or\n\n    c\n  labels: {d: e}\n'
                '- alert: C\n  expr: "f{g=\\"h\\"}"\n- expr: >-\n    i\n  annotations: {}\n')
        self.assertEqual(expressions.rules(text), ["a > 0", "b\nor\n\nc", 'f{g="h"}', "i"])

    def test_a_dashboard_has_panels_annotations_and_variables(self):
        board = {"panels": [{"targets": [{"expr": "a"}, {"expr": "b"}], "panels": [{"targets": [{"expr": "c"}]}]}],
                 "annotations": {"list": [{"expr": "d"}]},
                 "templating": {"list": [{"query": {"query": "label_values(e, f)"}}, {"query": "prometheus"}]}}
        self.assertEqual(sorted(expressions.panels(board)), ["a", "b", "c", "d", "e"])

    def test_a_name_that_is_not_known_is_listed(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("known", "a\nb\n"), ("rules.yml", "- expr: a + b_bucket + wrong + up\n")):
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write(text)
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                code = expressions.main(["--known", f"{folder}/known", f"{folder}/rules.yml"])
            self.assertEqual((code, output.getvalue()), (1, "wrong\n"))
            with open(f"{folder}/known", "a", encoding="utf-8") as file:
                file.write("wrong\n")
            with contextlib.redirect_stdout(output):
                self.assertEqual(expressions.main(["--known", f"{folder}/known", f"{folder}/rules.yml"]), 0)


class Alerts(unittest.TestCase):
    def setUp(self):
        self.text = read("deploy/monitoring/alerts.yml")
        self.names = re.findall(r"- alert: (\w+)", self.text)

    def test_each_has_an_expression_a_severity_and_a_test(self):
        self.assertEqual(len(set(self.names)), len(self.names))
        self.assertEqual(len(expressions.rules(self.text)), len(self.names))
        self.assertEqual(len(re.findall(r"severity: (?:critical|warning|info)\}", self.text)), len(self.names))
        fires = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", read("Tests/Monitoring/alerts.test.yml")))
        quiet = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts: \[\]\n", read("Tests/Monitoring/alerts.test.yml")))
        self.assertEqual((fires, quiet), (set(self.names), set(self.names)))

    def test_each_names_a_section_that_names_it(self):
        sections = {}
        for title, body in re.findall(r"^#+ (.+)\n([^#]*(?:#(?!#)[^#]*)*)", read("docs/recovery.md"), flags=re.M):
            sections[re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")] = body
        for alert, anchor in re.findall(r"- alert: (\w+)\n(?:(?!- alert:)[\s\S])*?runbook_url: docs/recovery.md#(\S+)", self.text):
            self.assertIn(f"`{alert}`", sections.get(anchor, ""), alert)

    def test_each_works_for_several_clusters(self):
        for name, expression in zip(self.names, expressions.rules(self.text)):
            if name != "ControllerAbsent":
                self.assertRegex(expression, r"by \(cluster\b", name)


class Dashboard(unittest.TestCase):
    def test_each_expression_is_of_one_cluster(self):
        for expression in expressions.expressions(f"{ROOT}/deploy/monitoring/dashboard.json"):
            if expression != "pg_controller_info":
                selectors = re.findall(r"\{([^{}]*)\}", expression)
                self.assertEqual(len(selectors), len(re.findall(r'cluster="\$cluster"', expression)), expression)
                self.assertTrue(selectors, expression)
