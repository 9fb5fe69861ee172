"""WAL by its names: segments, timelines, and which of them backups need. Pure arithmetic.

A segment is (timeline, number): `000000020000000100000003` is timeline 2, log 1, the third part of it, so (2, 259). A branch is
(timeline, its first segment, the first segment of the next timeline). Sources: PostgreSQL's src/include/access/xlog_internal.h
(XLogFileName) and src/backend/access/transam/timeline.c (the history file)."""
import re
import sys

# as initdb makes them; the controller's clusters have no others
SEGMENT_BYTES = 16 << 20
SEGMENTS_IN_LOG = (1 << 32) // SEGMENT_BYTES


def segment(name):
    """(timeline, number) of a segment's name: timeline, log and part, eight hexadecimal digits each."""
    return int(name[:8], 16), int(name[8:16], 16) * SEGMENTS_IN_LOG + int(name[16:24], 16)


def segment_name(timeline, number):
    return f"{timeline:08X}{number // SEGMENTS_IN_LOG:08X}{number % SEGMENTS_IN_LOG:08X}"


def branches(newest, history=""):
    """[(timeline, its first segment, the first of the next)], oldest first, by the history file of the newest timeline. The
    last branch has no end: sys.maxsize."""
    forks = [(int(timeline), (int(high, 16) << 32 | int(low, 16)) // SEGMENT_BYTES) for timeline, high, low in
             re.findall(r"^\s*(\d+)\s+([0-9A-F]+)/([0-9A-F]+)", history, re.M)]
    firsts = [0] + [fork for _, fork in forks]
    return list(zip([timeline for timeline, _ in forks] + [newest], firsts, firsts[1:] + [sys.maxsize]))


def needed(branches, backups, settled):
    """The segments without which a backup is not consistent, or the oldest backup cannot be rolled forward to the end.

    backups: [(first segment, last segment)]. settled: segments of the archive that are old enough to have no gap before them
    that is still being archived."""
    result = {(timeline, number) for (timeline, first), (_, last) in backups for number in range(first, last + 1)}

    def leads_to_the_end(place):
        return any(place[0] == timeline and first <= place[1] < until for timeline, first, until in branches)

    starts = [start for start, _ in backups if leads_to_the_end(start)]
    if starts:
        oldest = min(starts)
        end = max(number for timeline, number in [*settled, *result] if leads_to_the_end((timeline, number)))
        result.update((timeline, number) for timeline, first, until in branches if timeline >= oldest[0]
                      for number in range(max(first, oldest[1]), min(until, end + 1)))
    return result
