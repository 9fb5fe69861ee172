"""PID 1 of a cluster node: a small init with Patroni as its child, and pgBackRest's server beside it.

The init forwards signals to Patroni, reaps processes that lost their parent (PostgreSQL's postmaster is one), and ends as soon
as Patroni ends, with Patroni's status. The kernel then kills all that still runs in the container, so PostgreSQL never runs
without Patroni. pgBackRest's server is started again when it ends, and reads its certificate again when that changes. When the
container gets another address, Patroni and pgBackRest's server listen there.

SIGUSR2 is not forwarded: with it the controller asks for the shutdown of the primary (shutdown.py).

With arguments it is no node and runs them instead: `node task drill …`.

Exit status besides Patroni's own:   0  shut down for a switchover, and PostgreSQL has stopped in order
                                     1  shut down for a switchover, and PostgreSQL had to be cut off, or did not run
                                    78  the configuration is missing or unreadable
                                    73  the data directory does not lie in a named volume
                                    74  a restore into the data directory has not come to its end
"""
import os
import signal
import sys

from cluster_node import addresses, output, patroni_process
from cluster_node.backup_server import INTERVAL_SECONDS, BackupServer

FORWARDED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}


def say(text):
    output.say("node", text)


def main():
    if len(sys.argv) > 1:
        # the image's entrypoint blocks them
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvp(sys.argv[1], sys.argv[1:])
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED | {signal.SIGCHLD})
    remove_stale_sockets()
    patroni = os.fork()
    if patroni:
        if os.fork() == 0:
            run_leftovers()
        sys.exit(supervise(patroni))
    # until Patroni takes it, it would end the process
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    patroni_process.run(say)


def run_leftovers():
    from cluster_node.leftovers import archive_leftovers

    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.nice(5)
    try:
        archive_leftovers(patroni_process.data_directory(patroni_process.read_config()), say)
    except patroni_process.Refusal:
        # Patroni's process says it
        os._exit(0)
    except Exception as error:  # this is no reason for a node to end
        say(f"files that were left could not be archived: {error!r}")
    os._exit(0)


def supervise(patroni):
    """Waits for signals until Patroni ends. They are blocked and taken one by one, so none is lost between two steps."""
    server = BackupServer()
    watch = addresses.Watch(INTERVAL_SECONDS)
    while True:
        received = signal.sigtimedwait(FORWARDED | {signal.SIGCHLD}, INTERVAL_SECONDS)
        if received is None:
            prepare()
        elif received.si_signo == signal.SIGUSR2:
            return shut_down(patroni)
        elif received.si_signo != signal.SIGCHLD:
            os.kill(patroni, received.si_signo)
        elif (code := reap(patroni, server)) is not None:
            return code
        gone, new = watch.changes()
        if gone:
            # started again until it finds its new address; another network that is added is no reason to end a backup
            server.restart()
        if new:
            say(f"the addresses are {', '.join(sorted(watch.known))} now")
            os.kill(patroni, signal.SIGHUP)
        server.keep()


def reap(patroni, server):
    """Collects each ended process; returns Patroni's exit status once it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        if pid == server.process:
            server.process = None
        if pid == patroni:
            return exit_status(status)


def exit_status(wait_status):
    """As a shell tells it: 128 and the signal's number for a process that a signal ended."""
    code = os.waitstatus_to_exitcode(wait_status)
    return code if code >= 0 else 128 - code


def prepare():
    """Loads in a quiet moment what takes a tenth of a second, which clients would wait for."""
    import http.client  # noqa: F401
    import ssl  # noqa: F401

    import yaml  # noqa: F401

    from cluster_node import leadership, shutdown  # noqa: F401


def shut_down(patroni):
    from cluster_node.leadership import Leadership
    from cluster_node.shutdown import shut_down_primary

    def read_leadership():
        try:
            return Leadership.read(patroni_process.read_config(), say)
        except patroni_process.Refusal as refusal:
            return say(f"the leader key is left to the controller: {refusal}")

    return shut_down_primary(patroni, read_leadership, say)


def remove_stale_sockets(directory="/var/run/postgresql"):
    """A killed container leaves the lock beside its socket. The process ID in it can be the one of any process of the next
    container, and PostgreSQL would never start. No PostgreSQL runs yet when the first process begins."""
    for name in os.listdir(directory):
        if name.startswith(".s.PGSQL."):
            os.unlink(f"{directory}/{name}")
