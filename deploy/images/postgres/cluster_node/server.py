"""A PostgreSQL that a job starts for itself: no other session can reach it."""
import re
import signal
import subprocess
import time

from cluster_node.output import Failure
from cluster_node.sessions import SOCKET, psql

FAILED, NOT_REACHED = 1, 3
# What the data bring along from their cluster and must not do here: listen, archive, wait for a standby, log statements with
# passwords in them. archive_mode stays on, with nothing to do it: the new timeline's history file is kept until the cluster
# archives it. hot_standby is off so that smaller limits than the old primary's do not pause the replay, and so that the first
# answer means that the replay is over. What was restored a moment ago is in the kernel's cache, where workers that read it are a
# detour.
SETTINGS = {
    "hot_standby": "off", "recovery_init_sync_method": "syncfs",
    "listen_addresses": "", "unix_socket_directories": SOCKET, "hba_file": f"{SOCKET}/hba.conf",
    "archive_mode": "on", "archive_command": "", "archive_library": "", "synchronous_standby_names": "",
    "primary_conninfo": "", "ssl": "off", "logging_collector": "off", "log_destination": "stderr",
    "log_statement": "none", "log_min_error_statement": "panic", "log_min_duration_statement": "-1",
    "shared_buffers": "128MB", "huge_pages": "off", "io_method": "sync", "jit": "off", "cluster_name": "task",
}


def arguments(settings):
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]


class Server:
    """PostgreSQL on restored data."""

    def __init__(self, directory, **extra):
        with open(f"{SOCKET}/hba.conf", "w", encoding="utf-8") as file:
            file.write("local all all peer\n")
        self.process = subprocess.Popen(["postgres", "-D", directory, *arguments({**SETTINGS, **extra})])

    def wait_for_promotion(self):
        while psql("postgres", "select pg_is_in_recovery()", timeout=60) != "f":
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise Failure(NOT_REACHED, "PostgreSQL ended before the target was reached; its own words are above")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        if self.process.wait() != 0:
            raise Failure(FAILED, "PostgreSQL did not stop in order")


def starts(process):
    """Whether a server answers before it ends. Raises Failure where it does neither within a minute."""
    deadline = time.monotonic() + 60
    while process.poll() is None:
        if psql("postgres", "select 1") == "1":
            return True
        if time.monotonic() > deadline:
            process.kill()
            raise Failure(FAILED, "PostgreSQL did neither start nor end within a minute")
        time.sleep(0.05)
    return False


def complaint(log):
    """PostgreSQL's errors about its settings, without the sentences that only say that there are some."""
    lines = [match[1] for line in log.splitlines()
             if (match := re.match(r"(?:LOG|FATAL|PANIC|ERROR|postgres):\s+(.*)", line))
             and not re.search(r"contains errors|starting PostgreSQL|is shut down|^listening|^database system was", match[1])]
    return "; ".join(lines[:5])
