"""The leader key that this node has, and the record of the switchover that asked for the shutdown.

Patroni deletes its key when PostgreSQL has stopped (patroni/ha.py, `release_leader_key_voluntarily`), and so does this in its
place: a few tenths of a second before the engine can say that the container has ended. Where this cannot, the controller
releases the key on that proof."""
import json

from cluster_node.etcd import decoded, encoded, members


class Leadership:
    def __init__(self, ask, name, keys, found, candidate):
        self.ask, self.name, self.keys, self.candidate = ask, name, keys, candidate
        self.lease, self.record_revision = found["leader"]["lease"], found["record"]["mod_revision"]

    @classmethod
    def read(cls, config, say):
        """All that the release depends on, in one look; None where anything is not as a switchover leaves it, and then the
        controller releases the key."""
        try:
            name = config["name"]
            keys = key_names(config)
            look = ("leader", "record", "config")
            question = {"success": [{"request_range": {"key": keys[what]}} for what in look]}
            for member in members(config):
                answer = member.ask("/v3/kv/txn", question)
                if not answer:
                    continue
                found = {what: part["response_range"]["kvs"][0] for what, part in zip(look, answer["responses"])}
                record, dynamic = (json.loads(decoded(found[what]["value"])) for what in ("record", "config"))
                is_leader = decoded(found["leader"]["value"]) == name
                is_asked = record["stage"] == "holding" and record["from"] == name
                if not is_leader or not is_asked or dynamic.get("pause"):
                    return None
                # in quorum mode one standby by itself may lack a commit: the standbys compare
                candidate = None if dynamic.get("synchronous_mode") == "quorum" else record["to"]
                return cls(member.ask, name, keys, found, candidate)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            say(f"the leader key is left to the controller: {error!r}")
        return None

    def release(self, say):
        """Deletes the leader key, in one transaction that depends on all that was read; then revokes the lease, which only a
        dead process would have renewed."""
        answer = self.ask("/v3/kv/txn", self.transaction())
        if not (answer or {}).get("succeeded"):
            return say("the leader key is left to the controller: etcd did not delete it")
        say(f"released the leader key{f' for {self.candidate}' if self.candidate else ''}")
        self.ask("/v3/lease/revoke", {"ID": self.lease})

    def transaction(self):
        keys = self.keys
        # The node that /failover names leads without being compared. It comes first, because the change of the leader key
        # wakes each Patroni.
        failover = {"request_delete_range": {"key": keys["failover"]}}
        if self.candidate:
            value = encoded(json.dumps({"leader": self.name, "member": self.candidate}))
            failover = {"request_put": {"key": keys["failover"], "value": value}}
        return {
            "compare": [
                {"key": keys["leader"], "target": "VALUE", "result": "EQUAL", "value": encoded(self.name)},
                {"key": keys["leader"], "target": "LEASE", "result": "EQUAL", "lease": self.lease},
                {"key": keys["record"], "target": "MOD", "result": "EQUAL", "mod_revision": self.record_revision}],
            "success": [failover, *({"request_delete_range": {"key": keys[what]}} for what in ("leader", "member"))]}


def key_names(config):
    """{what: key in base64}: Patroni's keys of this cluster, and the controller's record of a switchover."""
    name, scope = config["name"], config["scope"]
    prefix = f"/{config.get('namespace', '/service/').strip('/')}/{scope}/"
    keys = {"leader": f"{prefix}leader", "record": f"/controller/{scope}/switchover", "config": f"{prefix}config",
            "failover": f"{prefix}failover", "member": f"{prefix}members/{name}"}
    return {what: encoded(key) for what, key in keys.items()}
