"""What a failover costs: inserts every 10 ms through published ports, strikes the primary once, and prints one JSON line.

HOW it is struck:
  container   its container is killed (SIGKILL)
  postmaster  only PostgreSQL's postmaster is killed, inside its container
  hang        Patroni is stopped (SIGSTOP) while PostgreSQL goes on
  both        the container is killed together with the controller, which returns 5 s later: CONTROLLER_PID names the file
              with its process ID, CONTROLLER_START is the command that starts it

gap_ms        the longest pause between two acknowledged writes
return_ms     from the controller's return to the first write, where it was killed, too
weather       whether WITNESS, a command (PRIMARY is the container), succeeded just before the kill; true without one
back_ms       from the kill until the killed node streams again; null when it did not within WAIT seconds
timelines     by how many the timeline grew
two_primaries 20 ms samples in which more than one node took writes
acknowledged, lost, unexpected     the history: what was promised, what of it is missing, what nobody wrote

usage: gap.py HOW WAIT PASSWORD_FILE PREFIX PORT…     (node n is the container PREFIXn and listens on the n-th port)
"""
import json
import os
import signal
import subprocess
import sys
import threading
import time

import psycopg2

how, wait, password = sys.argv[1], float(sys.argv[2]), open(sys.argv[3], encoding="utf-8").read().strip()
prefix, ports = sys.argv[4], [int(port) for port in sys.argv[5:]]


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


def strike(name):
    """Does what HOW says to the primary."""
    inside = {"postmaster": "kill -9 $(head -1 /var/lib/postgresql/data/postmaster.pid)",
              "hang": "kill -STOP $(pgrep -o -P 1)"}
    if how == "both":
        os.kill(int(open(os.environ["CONTROLLER_PID"], encoding="utf-8").read()), signal.SIGKILL)
    command = ["docker", "exec", name, "sh", "-c", inside[how]] if how in inside else ["docker", "kill", "-s", "KILL", name]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


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


def weather():
    """Whether that goes on in which the failover is to be measured."""
    command = os.environ.get("WITNESS")
    return not command or subprocess.run(
        ["bash", "-c", command], env=os.environ | {"PRIMARY": f"{prefix}{primary.number}"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


leader, acknowledged, number, last, gap, killed, settled = primary, [], 0, time.monotonic(), 0.0, None, None
witnessed = None
returned = back_after = None
start = time.monotonic()
while settled is None or time.monotonic() < settled:
    if time.monotonic() > end:
        raise SystemExit("no write for too long")
    number += 1
    if leader.execute("insert into gap values (%s)", (number,)):
        now = time.monotonic()
        if not leader.link.notices:
            acknowledged.append(number)
        # while it hangs, the old primary goes on for a while, and may pause for reasons of its own
        if killed and settled is None and now - last > 0.1 and (how != "hang" or leader is not primary):
            gap, settled = now - last, now + 2
            back_after = returned and now - returned
        last = now
    else:
        leader = nodes[leader.number % len(nodes)]
    if witnessed is None and time.monotonic() - start > 1.5:
        witnessed = weather()
    elif killed is None and time.monotonic() - start > 2:
        strike(f"{prefix}{primary.number}")
        killed = time.monotonic()
    if how == "both" and killed and returned is None and time.monotonic() > killed + 5:
        subprocess.Popen(os.environ["CONTROLLER_START"], shell=True, start_new_session=True)
        returned = time.monotonic()
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
    "weather": witnessed, "gap_ms": round(gap * 1000), "return_ms": back_after and round(back_after * 1000), "back_ms": back and round(back * 1000), "timelines": grown,
    "two_primaries": sum(len(nodes) > 1 for nodes in samples.values()), "acknowledged": len(acknowledged),
    "lost": len(set(acknowledged) - have), "unexpected": len(have - set(range(1, number + 1))),
}))
