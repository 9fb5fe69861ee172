"""The controller's page beside a server that answers as the controller does, from fixture.json.

Alone (`python3 Tests/Page/fixture.py`, token `secret`) it shows the page with a failover every ten seconds, for people who work on it."""

import copy
import datetime
import http.server
import json
import math
import os
import queue
import re
import threading
import time
import urllib.parse

FILES = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../Sources/EmbeddedFiles/Page"))
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
          "form-action 'none'; frame-ancestors 'none'")
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
TOKEN = "secret"
TIME = re.compile(r"(\d{4}-\d{2}-\d{2})([T ])(\d{2}:\d{2}:\d{2})(\.\d+)?Z")


def moved(text):
    """The fixture as if its reference were now: what is shown depends on how long ago things were."""
    reference = datetime.datetime.fromisoformat(json.loads(text)["reference"].replace("Z", "+00:00"))
    shift = datetime.datetime.now(datetime.timezone.utc) - reference

    def later(match):
        old = datetime.datetime.fromisoformat(f"{match[1]}T{match[3]}+00:00")
        return f"{old + shift:%Y-%m-%d}{match[2]}{old + shift:%H:%M:%S}{match[4] or ''}Z"

    return json.loads(TIME.sub(later, text))


def stamp():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def graphs(length=960, step=15):
    """Four hours with a failover, a time in which nothing was seen, and an outage."""
    now = int(time.time()) // step * step
    seconds = [now - (length - 1 - index) * step for index in range(length)]

    def lag(index, scale, first):
        if index < first or 700 <= index < 712:
            return None
        load = max(0, math.sin(index / 60)) ** 8 * scale + (index * 7919 % 97) * 220
        return int(load)

    writable = [None if 700 <= index < 712 else not (289 <= index < 291 or 530 <= index < 536) for index in range(length)]
    return {
        "seconds": seconds,
        "lag": {"pg-node-2": [lag(index, 3_400_000, 0) for index in range(length)],
                "pg-node-3": [lag(index, 1_300_000, 300) for index in range(length)],
                "pg-node-1": [lag(index, 800_000, 0) if index < 290 else None for index in range(length)]},
        "writable": writable,
        "sessions": [None if 700 <= index < 712 else 14 + int(6 * math.sin(index / 40)) for index in range(length)],
    }


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # A browser asks for all modules at once.
    request_queue_size = 64

    def handle_error(self, *_):
        """A page that is left does not wait for its answers."""


class Fixture:
    """A server on a free port of the loopback interface, and what it was asked."""

    def __init__(self, port=0, plays=False, is_full=False, lost=(), verbs=("switchover", "backup", "pause", "resume")):
        with open(os.path.join(os.path.dirname(__file__), "fixture.json"), encoding="utf-8") as file:
            self.state = moved(file.read())
        del self.state["reference"]
        self.state |= {"graphs": graphs(), "verbs": list(verbs)}
        self.plays = plays
        self.refusal = None
        self.is_deaf = False
        self.is_full = is_full
        self.lost = list(lost)
        self.requests = []
        self.streams = []
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", port), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.drop()
        self.server.shutdown()
        self.server.server_close()

    # what the stream sends

    def send(self, name, value):
        with self.lock:
            for stream in self.streams:
                stream.put(f"event: {name}\ndata: {json.dumps(value)}\n\n".encode())

    def drop(self):
        """Ends all streams."""
        with self.lock:
            for stream in self.streams:
                stream.put(None)

    def change(self, edit):
        """Changes the status, and sends it."""
        status = copy.deepcopy(self.state["status"])
        edit(status)
        status["time"] = stamp()
        self.state["status"] = status
        self.send("state", status)

    def fail_over(self):
        """From the primary to the next node, as the controller tells of it."""
        nodes = [node["name"] for node in self.state["status"]["nodes"]]
        old = next(node["name"] for node in self.state["status"]["nodes"] if node["role"] == "primary")
        new = nodes[(nodes.index(old) + 1) % len(nodes)]
        event = {"time": stamp(), "cluster": "pg-ha-cluster", "kind": "Action", "object": "leadership",
                 "what": f"failover from {old} to {new} is over", "reason": f"the leader {old} had died",
                 "message": "the first write was proven 0.812 s after the death, on timeline 4",
                 "measured": {"kind": "failover", "seconds": 0.812}}
        self.state["events"].append(event)
        self.state["changes"].append({"kind": "failover", "at": event["time"], "seconds": 0.812, "what": event["what"],
                                      "message": event["message"]})

        def edit(status):
            for node in status["nodes"]:
                node.pop("lagBytes", None)
                node["timeline"] += 1
                if node["name"] == new:
                    node |= {"role": "primary", "state": "running", "synchronous": False}
                else:
                    is_old = node["name"] == old
                    node |= {"role": "replica", "state": "not streaming" if is_old else "streaming", "lagBytes": 0}
            for pooler in status["poolers"]:
                if pooler["access"] == "read-write":
                    pooler["nodes"] = [new]
            for condition in status["conditions"]:
                if condition["type"] == "PrimaryAvailable":
                    condition["message"] = f"{new} is the primary"

        self.send("event", event)
        self.change(edit)

    def lose_primary(self):
        def edit(status):
            for node in status["nodes"]:
                if node["role"] == "primary":
                    node |= {"role": "-", "state": "stopped (137)"}
            for condition in status["conditions"]:
                if condition["type"] == "PrimaryAvailable":
                    condition |= {"status": "False", "reason": "NoPrimary", "message": "no node leads", "bad": True}

        self.change(edit)

    # what is asked

    def posts(self):
        return [request for request in self.requests if request["method"] == "POST"]

    def price(self, verb, query):
        """What the server asks a person to type: the node's name where one node is meant, else the cluster's."""
        node = query.get("node", [None])[0]
        price = {"switchover": "The poolers' clients wait and get no error; writes pause for about 0.63 s (measured here once). "
                               "Clients of the primary itself are cut off."}.get(verb, "It interrupts nothing.")
        return {"price": price, "confirm": node or self.state["status"]["cluster"]}

    def act(self, request):
        url = urllib.parse.urlsplit(request["path"])
        verb = url.path.rsplit("/", 1)[1]
        if request["headers"].get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "the token is wrong: `controller token` prints it"}
        if self.refusal:
            return 409, {"message": self.refusal}
        if request["method"] == "GET":
            return 200, self.price(verb, urllib.parse.parse_qs(url.query))
        return 202, {"message": f"asked for: {verb}"}

    def handler(fixture):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.note(b"")
                path = urllib.parse.urlsplit(self.path).path
                if path == "/api/stream":
                    return self.stream()
                if path == "/api/state":
                    return self.answer(503 if fixture.is_deaf else 200, "application/json", json.dumps(fixture.state).encode())
                if path.startswith("/api/actions/"):
                    return self.act()
                name = "index.html" if path == "/" else path[1:]
                kind = TYPES.get(os.path.splitext(name)[1])
                # The controller serves the files that it has, and nothing else.
                if name in fixture.lost:
                    fixture.lost.remove(name)
                    return self.answer(503, "text/plain", b"")
                if not kind or name not in os.listdir(FILES):
                    return self.answer(404, "text/plain", b"there is no such page\n")
                with open(os.path.join(FILES, name), "rb") as file:
                    self.answer(200, kind, file.read())

            def do_POST(self):
                self.note(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                self.act()

            def note(self, body):
                self.seen = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body.decode()}
                fixture.requests.append(self.seen)

            def act(self):
                status, body = fixture.act(self.seen)
                self.answer(status, "application/json", json.dumps(body).encode())

            def head(self, status, kind, length):
                self.send_response(status)
                for name, value in (("Content-Type", kind), ("Content-Security-Policy", POLICY), ("Cache-Control", "no-store"),
                                    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), length):
                    self.send_header(name, value)
                self.end_headers()

            def answer(self, status, kind, body):
                self.head(status, kind, ("Content-Length", str(len(body))))
                self.wfile.write(body)

            def stream(self):
                if fixture.is_deaf or fixture.is_full:
                    return self.answer(503, "text/plain", b"too many browsers look already\n")
                self.close_connection = True
                mine = queue.Queue()
                with fixture.lock:
                    fixture.streams.append(mine)
                self.head(200, "text/event-stream", ("Connection", "close"))
                mine.put(f"retry: 1000\n\nevent: state\ndata: {json.dumps(fixture.state['status'])}\n\n".encode())
                if fixture.plays:
                    fixture.plays = False
                    threading.Timer(1, fixture.fail_over).start()
                try:
                    while (message := mine.get()) is not None:
                        self.wfile.write(message)
                        self.wfile.flush()
                except OSError:
                    pass
                with fixture.lock:
                    fixture.streams.remove(mine)

        return Handler


if __name__ == "__main__":
    shown = Fixture(port=int(os.environ.get("PORT", "0")))
    print(f"{shown.url}  (token: {TOKEN})", flush=True)
    while True:
        time.sleep(10)
        shown.fail_over()
