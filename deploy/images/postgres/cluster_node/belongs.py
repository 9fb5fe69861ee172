"""belongs FILE: whether a timeline's history file (00000003.history) belongs to this cluster, by what this node's own Patroni
says. Both ways between PostgreSQL and the archive ask it.

A server that is promoted by hand (`pg_promote()`) writes such a file for a timeline that no other node continues. In the
archive it would keep every standby from starting: PostgreSQL follows the newest timeline whose history it is given.

It belongs to the cluster when this node has the leader key and its PostgreSQL runs: what it writes is the cluster's timeline,
and when it is promoted it must see all files, so that it does not take a number twice. Otherwise it belongs to the cluster when
the leader is on that timeline or a newer one. (Patroni's own history does not tell: it counts from the timeline that was left,
and a promotion may skip numbers.)

Exit status: 0 yes, 1 no, or it cannot be known, because Patroni does not answer or no node leads.
"""
import http.client
import json
import re
import ssl
import sys

PORT = 8008
LISTEN = re.compile(rf'^\s*listen: "?([^"\s]+):{PORT}"?$', re.MULTILINE)
CONFIGURATION = "/etc/controller/patroni.yml"
AUTHORITIES = "/etc/controller/cluster.crt"


def interface(configuration=CONFIGURATION):
    """Where Patroni's file has it listen, and whether it takes TLS (`restapi.verify_client`). Until Patroni has read a new file,
    its answer fails, and PostgreSQL asks again."""
    try:
        with open(configuration, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        text = ""
    host = (LISTEN.search(text) or ["", "0.0.0.0"])[1]
    return "127.0.0.1" if host == "0.0.0.0" else host, "verify_client:" in text


def connect():
    """A connection with this node's own Patroni."""
    host, takes_tls = interface()
    if not takes_tls:
        return http.client.HTTPConnection(host, PORT, timeout=3)
    context = ssl.create_default_context(cafile=AUTHORITIES)
    # this is the node itself, by whatever name
    context.check_hostname = False
    return http.client.HTTPSConnection(host, PORT, timeout=3, context=context)


def ask(path):
    """The status and the body of Patroni's answer."""
    connection = connect()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def belongs(timeline, ask=ask):
    status, node = ask("/leader")
    if status == 200 and node.get("state") == "running":
        return True
    _, cluster = ask("/cluster")
    return any(member.get("role") == "leader" and timeline <= int(member["timeline"]) for member in cluster["members"])


def main():
    try:
        return 0 if belongs(int(sys.argv[1].removesuffix(".history"), 16)) else 1
    except (OSError, http.client.HTTPException, ValueError, LookupError, AttributeError, TypeError) as error:
        print(f"belongs: {sys.argv[1:]}: {error!r}", file=sys.stderr)
        return 1
