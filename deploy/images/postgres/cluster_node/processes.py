"""PostgreSQL's processes, as /proc and pg_control show them to the container's first process."""
import os
import sys
import time

# DBState of PostgreSQL's src/include/catalog/pg_control.h: DB_SHUTDOWNED, an orderly stop of a primary
SHUT_DOWN = 1


def postmaster(proc="/proc"):
    """The process ID of PostgreSQL's first process, which is a child of this one; None where there is none."""
    for entry in os.listdir(proc):
        try:
            with open(f"{proc}/{int(entry)}/stat", encoding="utf-8") as file:
                name, _, rest = file.read().partition("(")[2].rpartition(")")
        except (OSError, ValueError):
            continue
        if name == "postgres" and rest.split()[1] == "1":
            return int(entry)
    return None


def sends_wal(server, proc="/proc"):
    """Whether a process of this PostgreSQL still sends WAL to a standby."""
    for entry in os.listdir(proc):
        try:
            with open(f"{proc}/{int(entry)}/cmdline", encoding="utf-8", errors="replace") as file:
                if "walsender" not in file.read(200):
                    continue
            with open(f"{proc}/{entry}/stat", encoding="utf-8") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == server:
                    return True
        except (OSError, ValueError):
            continue
    return False


def ends(pid, seconds, is_enough=lambda: False):
    """Whether a child ends within so many seconds; None when something else is enough before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return True
        except ChildProcessError:
            return True
        if is_enough():
            return None
        time.sleep(0.005)
    return False


def is_shut_down(directory):
    """Whether pg_control says that a primary stopped in order. The state is the fifth 32-bit word of the file."""
    try:
        with open(f"{directory}/global/pg_control", "rb") as file:
            return int.from_bytes(file.read(20)[16:20], sys.byteorder) == SHUT_DOWN
    except OSError:
        return False
