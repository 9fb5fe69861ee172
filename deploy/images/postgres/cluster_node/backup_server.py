"""pgBackRest's server, which lends the data directory to the backup task."""
import os
import signal
import time

CERTIFICATE = "/etc/controller/cluster.crt"
CONFIGURATION = "/etc/controller/pgbackrest.conf"
# the server is started at most once in so many seconds
INTERVAL_SECONDS = 3


class BackupServer:
    """A child process. Only backups from this node depend on it, so its end does not end the container."""

    def __init__(self, certificate=CERTIFICATE, clock=time.monotonic, configuration=CONFIGURATION):
        # not at once: a cluster that starts waits for PostgreSQL, and not for this
        self.path, self.clock, self.configuration = certificate, clock, configuration
        self.process, self.version, self.started = None, None, clock()

    def keep(self):
        """Starts it where backups are configured; tells it of new certificates."""
        if not os.path.exists(self.configuration):
            return
        try:
            status = os.stat(self.path)
        except OSError:
            return
        version = (status.st_ino, status.st_ctime_ns)
        if self.process is None and self.clock() - self.started > INTERVAL_SECONDS:
            self.process, self.version, self.started = self.spawn(), version, self.clock()
        elif self.process is not None and version != self.version:
            self.version = version
            self.reload()

    def restart(self):
        """Ends it; it is started again at its address of then."""
        if self.process is not None:
            os.kill(self.process, signal.SIGTERM)

    def reload(self):
        os.kill(self.process, signal.SIGHUP)

    def spawn(self):
        child = os.fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            try:
                os.nice(5)
                os.execvp("pgbackrest", ["pgbackrest", "server"])
            finally:
                os._exit(127)
        return child
