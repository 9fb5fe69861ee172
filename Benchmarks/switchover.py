"""What a switchover costs an application: a hundred transactions a second over four connections, one switchover, one JSON
line.

HOW the application is connected:
  pooled   through the poolers, over connections that it keeps: any error is one too many
  direct   to the primary itself: a statement that fails is counted and not repeated, and the primary is looked for anew

gap_ms       the longest pause between two acknowledged transactions
failed       statements and connections that failed
acknowledged, lost, repeated   the history: what was promised, what of it is missing, what is there twice

usage: switchover.py HOW PASSWORD_FILE POOLER_PORTS NODE_PORTS COMMAND…     (ports with commas between them)
"""
import json
import subprocess
import sys
import threading
import time

import psycopg2

how, password = sys.argv[1], open(sys.argv[2], encoding="utf-8").read().strip()
poolers, nodes = ([int(port) for port in text.split(",")] for text in sys.argv[3:5])
command = sys.argv[5:]
THREADS, PERIOD = 4, 0.04


def connect(port):
    link = psycopg2.connect(
        host="127.0.0.1", port=port, user="pgadmin", password=password, dbname="postgres", connect_timeout=5)
    link.autocommit = True
    return link


def primary():
    """A connection to whoever takes writes; None where nobody does."""
    for port in nodes:
        try:
            link = connect(port)
            cursor = link.cursor()
            cursor.execute("select pg_is_in_recovery()")
            if not cursor.fetchone()[0]:
                return link
            link.close()
        except psycopg2.Error:
            continue
    return None


lock, done = threading.Lock(), threading.Event()
acknowledged, failed, number, last, gap = [], 0, 0, time.monotonic(), 0.0


def write(place):
    global failed, number, last, gap
    link, due = None, time.monotonic() + place * PERIOD / THREADS
    while not done.is_set():
        with lock:
            number += 1
            own = number
        try:
            if link is None:
                link = connect(poolers[place % len(poolers)]) if how == "pooled" else primary()
            if link is None:
                raise psycopg2.OperationalError("nobody takes writes")
            link.cursor().execute("insert into switched values (%s)", (own,))
            now = time.monotonic()
            with lock:
                acknowledged.append(own)
                gap, last = max(gap, now - last), now
        except psycopg2.Error:
            link = None
            with lock:
                failed += 1
        due = max(due + PERIOD, time.monotonic() - PERIOD)
        time.sleep(max(0.0, due - time.monotonic()))


setup = primary()
setup.cursor().execute("drop table if exists switched; create table switched (n bigint)")
threads = [threading.Thread(target=write, args=(place,)) for place in range(THREADS)]
for thread in threads:
    thread.start()
time.sleep(2)
with lock:
    gap = 0.0
before = len(acknowledged)
start = time.monotonic()
answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
time.sleep(3)
done.set()
for thread in threads:
    thread.join()
if answer.returncode != 0:
    raise SystemExit(answer.stdout)
cursor = primary().cursor()
cursor.execute("select n from switched")
rows = [row[0] for row in cursor.fetchall()]
print(json.dumps({
    "gap_ms": round(gap * 1000), "failed": failed, "acknowledged": len(acknowledged),
    "per_second": round((len(acknowledged) - before) / (time.monotonic() - start)),
    "lost": len(set(acknowledged) - set(rows)), "repeated": len(rows) - len(set(rows)),
}))
