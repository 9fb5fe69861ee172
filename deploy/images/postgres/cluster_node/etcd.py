"""etcd as a node needs it: is it ready, and one transaction at the end of a switchover. It speaks etcd's JSON gateway
(https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/), in which keys and values are base64."""
import base64
import time

# one question to etcd while clients wait, and one while a node starts
URGENT_SECONDS, ORDINARY_SECONDS = 0.4, 1
READY_SECONDS, STRAGGLER_SECONDS, POLL_SECONDS = 60, 2, 0.03


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def decoded(text):
    return base64.b64decode(text).decode()


class Member:
    """One etcd member, with the protocol, the authorities, the certificate and the user of Patroni's `etcd3` section."""

    def __init__(self, host, port, section):
        self.host, self.port, self.section = host, port, section
        self.token = None

    def ask(self, path, question=None):
        """What it answers: an object, {} for an HTTP error, None for no answer. A question is posted, and shows who asks."""
        if question and self.section.get("username") and self.token is None:
            credentials = {"name": self.section["username"], "password": self.section.get("password")}
            answer = self.send("/v3/auth/authenticate", credentials)
            if answer is None:
                return None
            # without authentication there is none
            self.token = answer.get("token", "")
        return self.send(path, question)

    def send(self, path, question):
        import http.client
        import json

        try:
            connection = self.connection(URGENT_SECONDS if question else ORDINARY_SECONDS)
            try:
                headers = {"Authorization": self.token} if question and self.token else {}
                connection.request("POST" if question else "GET", path, question and json.dumps(question), headers)
                response = connection.getresponse()
                return json.load(response) if response.status == 200 else {}
            finally:
                connection.close()
        except (OSError, ValueError, http.client.HTTPException):
            return None

    def connection(self, timeout):
        import http.client

        if self.section.get("protocol") != "https":
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        import ssl

        # the server proves its name, as it does to Patroni
        context = ssl.create_default_context(cafile=self.section.get("cacert"))
        if self.section.get("cert"):
            context.load_cert_chain(self.section["cert"], self.section.get("key"))
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=context)


def members(config):
    """[Member] of a Patroni configuration, in each of the forms that Patroni takes: `hosts` as a list or as a text, `host`."""
    section = config.get("etcd3") or {}
    hosts = section.get("hosts") or section.get("host") or []
    hosts = hosts.split(",") if isinstance(hosts, str) else hosts
    found = []
    for host in hosts:
        name, _, port = host.strip().rpartition(":")
        host, port = (name, int(port)) if port.isdigit() and name else (host.strip(), 2379)
        found.append(Member(host, port, section))
    return found


def wait_until_ready(config, say, clock=time.monotonic, sleep=time.sleep):
    """Returns when a member has a leader and each member that answers knows the cluster's version, or after READY_SECONDS.

    Patroni asks any of the members, takes the version "not_decided" for an error, and sleeps five seconds. A member that
    stays undecided is waited for STRAGGLER_SECONDS long."""
    asked = members(config)
    start = clock()
    ready_since = None
    while asked and clock() - start < READY_SECONDS:
        versions = [(member, member.ask("/version")) for member in asked]
        answering = [(member, version) for member, version in versions if version is not None]
        decided = [member for member, version in answering if version.get("etcdcluster", "not_decided") != "not_decided"]
        if any((member.ask("/health") or {}).get("health") == "true" for member in decided):
            ready_since = clock() if ready_since is None else ready_since
            if len(decided) == len(answering) or clock() - ready_since > STRAGGLER_SECONDS:
                return say(f"etcd is ready ({len(decided)} of {len(asked)} members) after {clock() - start:.2f} s")
        sleep(POLL_SECONDS)
    say("etcd does not answer; leaving the wait to Patroni")
