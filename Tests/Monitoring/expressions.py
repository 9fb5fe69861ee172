#!/usr/bin/env python3
"""Prints the name of each metric that the alert rules and the dashboard use.

    expressions.py [--known FILE] [FILE.yml | FILE.json ...]

With --known it prints only the names that FILE does not have (one name a line), and ends with 1 if there are any. Without files
it reads those in deploy/monitoring.
"""
import argparse
import json
import os
import re
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/monitoring")
FILES = [os.path.join(FOLDER, name) for name in ("alerts.yml", "dashboard.json")]
# Prometheus makes these itself.
BUILT_IN = {"up", "ALERTS"}
# Words of PromQL that can stand where a metric can; functions are known by their parenthesis.
WORDS = set(
    "and or unless by without on ignoring group_left group_right offset bool inf nan atan2 sum min max avg group count stddev "
    "stdvar topk bottomk quantile count_values limitk limit_ratio".split())
LISTS = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)"
# A string first, so that a brace or a # within it ends nothing.
STRING = r'"(?:\\.|[^"\\])*"' + r"|'(?:\\.|[^'\\])*'|`[^`]*`"


def metrics(expression):
    """The metrics of one PromQL expression."""
    text = re.sub(STRING, '""', expression)
    for pattern in (r"#[^\n]*", r"\{[^{}]*\}", r"\[[^\[\]]*\]", LISTS):
        text = re.sub(pattern, " ", text)
    names = re.findall(r"(?<![\w.:$])([A-Za-z_:][\w:]*)\b(?!\s*\()", text)
    return {name for name in names if name.lower() not in WORDS}


def rules(text):
    """The expressions of a file of rules. Lines that are indented deeper than `expr:` belong to it."""
    found, depth = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        begin = re.match(r"(\s*(?:-\s+)?)expr:\s*(.*)", line)
        if begin:
            depth = len(begin[1])
            found.append("" if begin[2] in ("|", "|-", ">", ">-") else begin[2])
        elif depth is not None and (indent > depth or not line.strip()):
            found[-1] += "\n" + line.strip()
        else:
            depth = None
    return [unquoted(text.strip()) for text in found]


def unquoted(text):
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return json.loads(text)
    return text


def panels(value):
    """The expressions of a dashboard: of panels, annotations and variables."""
    if isinstance(value, list):
        return [found for entry in value for found in panels(entry)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, entry in sorted(value.items()):
        if key == "expr":
            found.append(entry)
        elif key in ("definition", "query") and isinstance(entry, str):
            variable = re.match(r"label_values\((.*),[^,]*\)$", entry)
            found += [variable[1]] if variable else []
        else:
            found += panels(entry)
    return found


def expressions(path):
    """The expressions of one file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return panels(json.loads(text)) if path.endswith(".json") else rules(text)


def used(paths):
    """The metrics of all files."""
    return {name for path in paths for expression in expressions(path) for name in metrics(expression)}


def unknown(names, known):
    """The names that are not known; a histogram is known by its own name, too."""
    known = set(known) | BUILT_IN
    return {name for name in names if name not in known and re.sub(r"_(bucket|sum|count)$", "", name) not in known}


def main(arguments):
    parser = argparse.ArgumentParser(description="Prints the metrics that the alert rules and the dashboard use.")
    parser.add_argument("--known", metavar="FILE", help="a file with the name of one metric a line")
    parser.add_argument("files", nargs="*", default=FILES)
    options = parser.parse_args(arguments)
    names = used(options.files)
    if options.known:
        with open(options.known, encoding="utf-8") as file:
            names = unknown(names, file.read().split())
    for name in sorted(names):
        print(name)
    return 1 if options.known and names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
