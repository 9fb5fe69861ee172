"""The data directory of a restore, before PostgreSQL starts on it and after it has stopped."""
import os
import re
import shutil

HOME = "/var/lib/postgresql"


class RestoredData:
    """A data directory, and beside it the file that says that a restore has not come to its end."""

    def __init__(self, home=HOME):
        self.home, self.directory, self.marker = home, f"{home}/data", f"{home}/.unfinished-restore"

    def begin(self):
        """Marks the restore as unfinished, before anything is written. After a killed restore it removes what pgBackRest would
        refuse for good."""
        self.clear_fragment()
        self.clear_lock()
        with open(self.marker, "w", encoding="utf-8") as file:
            file.write("a restore into this volume has not come to its end\n")
            os.fsync(file.fileno())
        sync(self.home)

    def end(self):
        os.unlink(self.marker)
        sync(self.home)

    def clear_fragment(self):
        """Removes the files of a restore that was killed before it had written to which cluster the data belong: pgBackRest
        continues only from its own manifest or from a PG_VERSION. Without both there are no data."""
        is_known = any(os.path.exists(f"{self.directory}/{name}") for name in ("PG_VERSION", "backup.manifest"))
        if os.path.exists(self.marker) and os.path.exists(self.directory) and not is_known:
            shutil.rmtree(self.directory)

    def clear_lock(self):
        """Removes the lock of a PostgreSQL that an earlier restore had started: it ended with the earlier container, of which
        nothing runs any more, and pgBackRest takes it for a running one. Only the container's first process can know that."""
        lock = f"{self.directory}/postmaster.pid"
        if os.getpid() == 1 and os.path.exists(self.marker) and os.path.exists(lock):
            os.unlink(lock)

    def settle(self):
        """Removes what only the recovery needed, and what Patroni remembers of the old cluster: with an empty etcd Patroni
        would go by that."""
        if os.path.exists(f"{self.directory}/patroni.dynamic.json"):
            os.unlink(f"{self.directory}/patroni.dynamic.json")
        path = f"{self.directory}/postgresql.auto.conf"
        with open(path, encoding="utf-8") as file:
            text = without_recovery(file.read())
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(path + ".new", 0o600)
        os.rename(path + ".new", path)
        sync(self.directory)


def without_recovery(text):
    """A postgresql.auto.conf without the settings that pgBackRest writes for a recovery."""
    return "".join(line for line in text.splitlines(keepends=True)
                   if not re.match(r"\s*(restore_command|recovery_\w+)\s*=|# Recovery settings", line))


def sync(directory):
    descriptor = os.open(directory, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
