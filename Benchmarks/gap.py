"""The write gap of a failover: inserts every 10 ms through published ports, kills the primary once, and prints one JSON
line: the gap in milliseconds, how many writes were acknowledged, how many of them are lost.

usage: gap.py PASSWORD_FILE PREFIX PORT…     (node n is the container PREFIXn and listens on the n-th port)
"""
import json
import subprocess
import sys
import time

import psycopg2

password = open(sys.argv[1], encoding="utf-8").read().strip()
prefix, ports = sys.argv[2], [int(port) for port in sys.argv[3:]]


def connect(end):
    """A connection to whoever takes writes, and which node that is."""
    while time.monotonic() < end:
        for number, port in enumerate(ports, 1):
            try:
                link = psycopg2.connect(host="127.0.0.1", port=port, user="pgadmin", password=password, dbname="postgres", connect_timeout=2)
                link.autocommit = True
                cursor = link.cursor()
                cursor.execute("select pg_is_in_recovery()")
                if not cursor.fetchone()[0]:
                    return link, number
                link.close()
            except psycopg2.Error:
                pass
        time.sleep(0.005)
    raise SystemExit("nobody takes writes")


end = time.monotonic() + 120
link, primary = connect(end)
link.cursor().execute("create table if not exists gap (n bigint primary key); truncate gap")
acknowledged, number, last, gap, killed, settled = [], 0, time.monotonic(), 0.0, None, None
start = time.monotonic()
while settled is None or time.monotonic() < settled:
    if time.monotonic() > end:
        raise SystemExit("no write for too long")
    number += 1
    try:
        link.cursor().execute("insert into gap values (%s)", (number,))
        now = time.monotonic()
        if not link.notices:
            acknowledged.append(number)
        if killed and settled is None and now - last > 0.1:
            gap, settled = now - last, now + 2
        last = now
    except psycopg2.Error:
        link.close()
        link, _ = connect(end)
    if killed is None and time.monotonic() - start > 2:
        subprocess.run(["docker", "kill", "-s", "KILL", f"{prefix}{primary}"], check=True, stdout=subprocess.DEVNULL)
        killed = time.monotonic()
    time.sleep(0.01)
cursor = link.cursor()
cursor.execute("select n from gap")
have = {row[0] for row in cursor.fetchall()}
print(json.dumps({"gap_ms": round(gap * 1000), "acknowledged": len(acknowledged), "lost": len(set(acknowledged) - have)}))
