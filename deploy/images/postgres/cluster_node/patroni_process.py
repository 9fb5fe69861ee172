"""The first process's child, which becomes Patroni."""
import os
import re
import socket
import sys
import threading

from cluster_node import addresses, etcd, volumes
from cluster_node.sessions import session_options

CONFIG = "/etc/controller/patroni.yml"
UNFINISHED = "/var/lib/postgresql/.unfinished-restore"
BAD_CONFIG, BAD_VOLUME, HALF_RESTORED = 78, 73, 74


# what PostgreSQL takes for the name of a parameter; Patroni writes any other one into postgresql.conf as it is
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?")


class Refusal(Exception):
    """Why a node does not start, with its exit status."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def read_config(path=CONFIG):
    """Patroni's configuration. Raises Refusal where the file is missing, unreadable or no YAML."""
    import yaml

    if not os.path.exists(path):
        raise Refusal(BAD_CONFIG, f"{path} is missing; upload it before the container starts")
    try:
        with open(path, encoding="utf-8") as file:
            return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise Refusal(BAD_CONFIG, f"{path}: {error}") from error


def data_directory(config):
    """Raises Refusal where the configuration names none."""
    try:
        return os.path.normpath(config["postgresql"]["data_dir"])
    except (KeyError, TypeError) as error:
        raise Refusal(BAD_CONFIG, f"{CONFIG} names no postgresql.data_dir") from error


def check(directory):
    """Raises Refusal where PostgreSQL must not start on this directory."""
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        if reason := volumes.problem(directory, table.read()):
            raise Refusal(BAD_VOLUME, reason)
    if os.path.exists(UNFINISHED):
        raise Refusal(HALF_RESTORED, f"{UNFINISHED} says that a restore into this volume was cut off")


def import_patroni():
    import importlib

    for module in ("__main__", "api", "config", "dcs.etcd3", "ha", "log", "postgresql", "request", "thread_pool", "watchdog"):
        importlib.import_module("patroni." + module)
    import psycopg2  # noqa: F401  (Patroni imports it late, too)


def pin_sessions():
    """Patroni's own sessions as a superuser take no setting of a role or a database, and no trigger at login: each of them
    could blind it, and then no node leads. patroni.yml has no place for this. Patroni's own options come last and win."""
    from patroni import psycopg

    connect, options = psycopg._connect, " ".join(session_options())

    def pinned(*arguments, **words):
        if words.get("user") == "postgres" and "replication" not in words:
            words["options"] = f"{options} {words.get('options', '')}"
        return connect(*arguments, **words)

    psycopg._connect = pinned


def named(parameters):
    """The parameters whose names are names."""
    return {name: value for name, value in (parameters or {}).items() if PARAMETER.fullmatch(str(name))}


def pin_configuration():
    """What may run a program is in patroni.yml, and etcd has no say in it. Two things reach further than that file: a name that
    is no name, and a standby cluster, whose settings Patroni takes from etcd alone. This controller makes none."""
    from patroni import config, global_config

    process = config.Config._process_postgresql_parameters
    config.Config._process_postgresql_parameters = staticmethod(
        lambda parameters, is_local=False: process(named(parameters), is_local))
    type(global_config).get_standby_cluster_config = lambda _: None


def answer_at_once():
    """Patroni writes an answer in two parts. Over TLS the second one waits until the client has acknowledged the first, which
    takes 40 ms (Nagle's algorithm and delayed acknowledgements): for each look of the controller, and in each election."""
    from patroni import api

    api.RestApiHandler.disable_nagle_algorithm = True


def write_at_once():
    """Patroni empties a configuration file and then writes it. It starts PostgreSQL in another thread than the one in which it
    reads its own file again, so PostgreSQL could start with half of a file: with defaults in place of what is missing."""
    from patroni.postgresql import config

    writer = config.ConfigWriter
    begin, end = writer.__enter__, writer.__exit__

    def enter(self):
        self.target = self._filename
        self._filename = f"{self.target}.{threading.get_ident()}"
        return begin(self)

    def leave(self, kind, value, trace):
        end(self, kind, value, trace)
        if kind is None:
            os.replace(self._filename, self.target)
        else:
            os.unlink(self._filename)

    writer.__enter__, writer.__exit__ = enter, leave


def has_moved(server):
    """Whether the name at which Patroni listens stands for another address of this container than when it began to listen."""
    host = (getattr(server, "_RestApiServer__listen", None) or "").rpartition(":")[0]
    address = getattr(server, "server_address", ("",))[0]
    if not host or not address:
        return False
    try:
        now = socket.gethostbyname(host)
    except OSError:
        return False
    # Patroni that cannot listen where it is told to hangs at the next reload
    return now != address and now in addresses.own()


def follow_address():
    """Patroni listens again only when its file or its certificate changes. The name in the file stays the same when Docker gives
    the container another address."""
    from patroni import api

    server = api.RestApiServer
    reload_config, reload_certificate = server.reload_config, server.reload_local_certificate

    def reload_local_certificate(self):
        return reload_certificate(self) or has_moved(self)

    def reload(self, config):
        if has_moved(self):
            self._received_new_cert = True
        reload_config(self, config)

    server.reload_config, server.reload_local_certificate = reload, reload_local_certificate


def run(say):
    """Becomes Patroni. It imports Patroni's modules first, which takes longer than etcd needs to elect a leader, and only then
    waits for etcd: Patroni that is started before etcd answers would sleep five seconds."""
    try:
        config = read_config()
        check(data_directory(config))
    except Refusal as refusal:
        say(f"refusing to start: {refusal}")
        sys.exit(refusal.status)
    import_patroni()
    pin_sessions()
    pin_configuration()
    answer_at_once()
    follow_address()
    write_at_once()
    etcd.wait_until_ready(config, say)
    from patroni.__main__ import patroni_main

    patroni_main(CONFIG)
