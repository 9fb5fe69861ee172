"""The orderly end of a primary for a switchover, while the poolers' clients wait."""
import os
import signal

from cluster_node.processes import ends, is_shut_down, postmaster, sends_wal

# clients wait for an orderly stop so long
ORDERLY_SECONDS = 4
IN_ORDER, NOT_IN_ORDER = 0, 1


def shut_down_primary(patroni, read_leadership, say):
    """Stops PostgreSQL in order, which sends all of its WAL to the standbys first, then releases the leader key. Returns the
    container's exit status.

    Patroni is stopped (SIGSTOP) meanwhile, because it would look only once a second whether PostgreSQL has ended, or start it
    again; it dies with this container. The WAL that is not archived yet is archived at the next start, because clients do not
    wait for that."""
    os.kill(patroni, signal.SIGSTOP)
    server = postmaster()
    # without a running PostgreSQL nothing proves how it ended
    if server is None:
        return NOT_IN_ORDER
    try:
        directory = os.readlink(f"/proc/{server}/cwd")
    except OSError:
        return NOT_IN_ORDER
    say("shutting down PostgreSQL for a switchover")
    os.kill(server, signal.SIGINT)
    leadership = read_leadership()
    in_order = ends(server, ORDERLY_SECONDS, lambda: is_shut_down(directory) and not sends_wal(server))
    if not in_order:
        # after an orderly stop only its archiver is left
        os.kill(server, signal.SIGQUIT)
    in_order = in_order is not False and is_shut_down(directory)
    if in_order and leadership:
        leadership.release(say)
    ends(server, 1)
    return IN_ORDER if in_order else NOT_IN_ORDER
