"""What a failover costs: inserts every 10 ms through published ports, kills the primary once, and prints one JSON line.

gap_ms        the longest pause between two acknowledged writes
back_ms       from the kill until the killed node streams again; null when it did not within WAIT seconds
timelines     by how many the timeline grew
two_primaries 20 ms samples in which more than one node took writes
acknowledged, lost, unexpected     the history: what was promised, what of it is missing, what nobody wrote

usage: gap.py WAIT PASSWORD_FILE PREFIX PORT…     (node n is the container PREFIXn and listens on the n-th port)
"""
import json
import subprocess
import sys
import threading
import time

import psycopg2

wait, password = float(sys.argv[1]), open(sys.argv[2], encoding="utf-8").read().strip()
prefix, ports = sys.argv[3], [int(port) for port in sys.argv[4:]]


class Node:
    """A session that stays open, as an application's pool has it, to one node."""

    def __init__(self, number, port):
        self.number, self.port, self.link, self.tried = number, port, None, 0.0

    def execute(self, *statement):
        """The cursor, or None where the node does not answer, does not take writes, or was asked a moment ago."""
        try:
            if self.link is None:
                if time.monotonic() - self.tried < 0.05:
                    return None
                self.tried = time.monotonic()
                self.link = psycopg2.connect(
                    host="127.0.0.1", port=self.port, user="pgadmin", password=password, dbname="postgres", connect_timeout=2)
                self.link.autocommit = True
            cursor = self.link.cursor()
            cursor.execute(*statement)
            return cursor
        except psycopg2.errors.ReadOnlySqlTransaction:
            return None
        except psycopg2.Error:
            self.link = None
            return None


samples, done = {}, threading.Event()


def census(node):
    """Notes every 20 ms whether this node takes writes."""
    while not done.wait(0.02):
        cursor = node.execute("select pg_is_in_recovery()")
        if cursor and not cursor.fetchone()[0]:
            samples.setdefault(int(time.monotonic() * 50), set()).add(node.number)


def timeline(node):
    return int(node.execute("select pg_walfile_name(pg_current_wal_lsn())").fetchone()[0][:8], 16)


def streams(node, on):
    """Whether a node streams from another, by that one's superuser: an ordinary role does not see the senders."""
    query = f"select 1 from pg_stat_replication where application_name = '{prefix}{node}' and state = 'streaming'"
    answer = subprocess.run(["docker", "exec", f"{prefix}{on}", "psql", "-XAtqc", query], capture_output=True, text=True)
    return answer.stdout.strip() == "1"


end = time.monotonic() + 120
nodes = [Node(number, port) for number, port in enumerate(ports, 1)]
primary = None
while primary is None and time.monotonic() < end:
    primary = next((node for node in nodes if node.execute("create table if not exists gap (n bigint primary key)")), None)
if primary is None:
    raise SystemExit("nobody takes writes")
primary.execute("truncate gap")
before = timeline(primary)
for number, port in enumerate(ports, 1):
    threading.Thread(target=census, args=(Node(number, port),), daemon=True).start()
leader, acknowledged, number, last, gap, killed, settled = primary, [], 0, time.monotonic(), 0.0, None, None
start = time.monotonic()
while settled is None or time.monotonic() < settled:
    if time.monotonic() > end:
        raise SystemExit("no write for too long")
    number += 1
    if leader.execute("insert into gap values (%s)", (number,)):
        now = time.monotonic()
        if not leader.link.notices:
            acknowledged.append(number)
        if killed and settled is None and now - last > 0.1:
            gap, settled = now - last, now + 2
        last = now
    else:
        leader = nodes[leader.number % len(nodes)]
    if killed is None and time.monotonic() - start > 2:
        subprocess.run(["docker", "kill", "-s", "KILL", f"{prefix}{primary.number}"], check=True, stdout=subprocess.DEVNULL)
        killed = time.monotonic()
    time.sleep(0.01)
have = {row[0] for row in leader.execute("select n from gap").fetchall()}
back = None
while back is None and time.monotonic() < killed + wait:
    if streams(primary.number, leader.number):
        back = time.monotonic() - killed
    time.sleep(0.1)
grown = timeline(leader) - before
done.set()
print(json.dumps({
    "gap_ms": round(gap * 1000), "back_ms": back and round(back * 1000), "timelines": grown,
    "two_primaries": sum(len(nodes) > 1 for nodes in samples.values()), "acknowledged": len(acknowledged),
    "lost": len(set(acknowledged) - have), "unexpected": len(have - set(range(1, number + 1))),
}))
