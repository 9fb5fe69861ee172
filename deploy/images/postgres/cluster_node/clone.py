"""Whether a new replica is better made from the newest backup than from the primary. `clone` gives it pgBackRest's `info` as JSON.

Replay of much WAL takes longer than a copy: where the archive has more of it than the backup is large, the answer is no."""
import json
import sys

from cluster_node import wal

LEAST_BYTES = 256 << 20


def decision(stanza):
    """(whether, the sentence for the log), by one stanza of `info`."""
    backups = [backup for backup in stanza.get("backup", []) if not backup.get("error")]
    if not backups:
        return False, "there is no usable backup"
    backup = backups[-1]
    newest = max(archive["max"] or "" for archive in stanza["archive"])
    replay = (wal.segment(newest)[1] - wal.segment(backup["archive"]["stop"])[1]) * wal.SEGMENT_BYTES
    size = backup["info"]["size"]
    if replay > max(size, LEAST_BYTES):
        return False, f"{replay >> 20} MiB of WAL would have to be replayed for {size >> 20} MiB of data"
    return True, f"restoring {backup['label']}, {size >> 20} MiB, and {replay >> 20} MiB of WAL"


def main():
    is_better, text = decision(json.load(sys.stdin)[0])
    print(f"clone: {text}", file=sys.stdout if is_better else sys.stderr)
    return 0 if is_better else 1
