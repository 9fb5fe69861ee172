"""The WAL that a primary had not archived when it shut down. A standby would never archive it."""
import contextlib
import os
import re
import subprocess
import time

from cluster_node.processes import is_shut_down

# Patroni answers so soon after the start
HISTORY_SECONDS = 30


def archive_leftovers(directory, say, clock=time.monotonic, sleep=time.sleep):
    """Runs archive_command for each file that is ready, one at a time.

    PostgreSQL archives the same files once it is promoted. pgBackRest's push in the background fails where the file has been
    archived meanwhile (`no WAL files to process`), and the error can reach PostgreSQL's own push; after three of them
    PostgreSQL archives nothing for a minute. So pgBackRest pushes in the foreground here."""
    status = f"{directory}/pg_wal/archive_status"
    try:
        left = in_order(name[:-6] for name in os.listdir(status) if name.endswith(".ready"))
        with open(f"{directory}/postgresql.conf", encoding="utf-8") as file:
            command = archive_command(file.read())
    except OSError:
        return
    if not left or not command or not is_shut_down(directory):
        return

    def is_ready(name):
        """A file that is archived, by this program or by PostgreSQL, is no longer `.ready`."""
        return os.path.exists(f"{status}/{name}.ready")

    environment = {**os.environ, "PGBACKREST_ARCHIVE_ASYNC": "n"}
    for name in left:
        words = command.replace("%p", f"pg_wal/{name}").replace("%f", name)
        # a history waits for Patroni, which has to say to which leader it belongs (see belongs.py)
        deadline = clock() + (HISTORY_SECONDS if name.endswith(".history") else 0)
        while is_ready(name):
            if subprocess.run(words, shell=True, cwd=directory, timeout=120, env=environment).returncode == 0:
                with contextlib.suppress(FileNotFoundError):
                    os.rename(f"{status}/{name}.ready", f"{status}/{name}.done")
            elif is_ready(name):
                if clock() >= deadline:
                    return say(f"{name} could not be archived; {len(left)} files were left")
                sleep(1)
    say(f"archived the files that were left: {' '.join(left)}")


def in_order(names):
    """Histories first, as PostgreSQL archives them."""
    return sorted(names, key=lambda name: (not name.endswith(".history"), name))


def archive_command(configuration):
    """The value in postgresql.conf as Patroni writes it, quotes doubled; None where there is none."""
    found = re.search(r"^archive_command = '((?:[^']|'')*)'", configuration, re.MULTILINE)
    return found and found[1].replace("''", "'")
