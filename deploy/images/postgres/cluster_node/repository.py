"""pgBackRest, and the repository as it tells it."""
import json
import os
import re
import subprocess
import time

from cluster_node import wal
from cluster_node.output import Failure

FAILED, DAMAGED = 1, 4
CORES = len(os.sched_getaffinity(0))
# The 1 MiB that pgBackRest takes by itself is mapped and cleared for every file, and is more than a core's cache holds: a
# restore then takes a tenth to a third more time, most of it in the kernel (Benchmarks/drill.sh)
BUFFER = "--buffer-size=64KiB"
# WAL is archived in parallel, so the newest may still have a gap
SETTLED_SECONDS = 60


def pgbackrest(*arguments, capture=False, durable=True):
    """Runs it with its output in our log, or returned. What is thrown away need not reach the disk."""
    command = ["pgbackrest"] if durable else ["eatmydata", "pgbackrest"]
    return subprocess.run([*command, *arguments], text=True, stdout=subprocess.PIPE if capture else None)


def ask(options, verb, *arguments):
    """What pgBackRest answers; `repo-…` commands know no stanza. Raises Failure."""
    options = [option for option in options if not (verb.startswith("repo-") and option.startswith("--stanza="))]
    done = pgbackrest(*options, "--log-level-console=off", verb, *arguments, capture=True)
    if done.returncode != 0:
        raise Failure(FAILED, f"pgbackrest {verb} ended with status {done.returncode}")
    return done.stdout


def restore(options, directory, durable=True):
    """The files of the backup, in place. `--delta` lets it continue where a killed restore ended. Raises Failure."""
    options = [*options, f"--process-max={CORES}", BUFFER]
    os.makedirs(directory, mode=0o700, exist_ok=True)
    if pgbackrest(*options, f"--pg1-path={directory}", "--delta", "--force", "restore", durable=durable).returncode != 0:
        raise Failure(FAILED, "pgbackrest could not restore; its own words are above")


def backup(options):
    """Takes a backup. Raises Failure with pgBackRest's status and its first error: later lines are advice, and tell of its
    child processes."""
    watch(*options, BUFFER, "backup")


def expire(options):
    """Deletes the backup of `--set`, and no WAL. pgBackRest would delete the backups that depend on it, too, and more than this
    one by the retention; both are kept from it. Raises Failure."""
    label = next(option.removeprefix("--set=") for option in options if option.startswith("--set="))
    others = [option for option in options if not option.startswith("--set=")]
    for found in json.loads(ask(others, "info", "--output=json"))[0].get("backup", []):
        if found.get("prior") == label or label in (found.get("reference") or []):
            raise Failure(FAILED, f"{found['label']} depends on {label}")
    watch(*options, "--repo=1", *(f"--repo1-retention-{kind}=9999999" for kind in ("full", "diff", "archive")), "expire")


def watch(*arguments):
    """Runs pgBackRest with its output in our log. Raises Failure with its status and its first error."""
    error = None
    with subprocess.Popen(["pgbackrest", *arguments], text=True, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            error = error or first_error(line)
    if process.returncode != 0:
        raise Failure(process.returncode, error or f"pgbackrest ended with status {process.returncode}")


def first_error(text):
    found = re.search(r"ERROR: (.*)", text)
    return found and found[1]


def verify(options):
    """Compares checksums of all files. Raises Failure with what pgBackRest found."""
    done = pgbackrest(*options, "--output=text", "--verbose", "verify", capture=True)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0 or re.search(r"status: error", done.stdout):
        found = [line.strip() for line in done.stdout.splitlines() if re.search(r"invalid|missing|error", line, re.I)]
        raise Failure(DAMAGED, "; ".join(found[:5]) or f"pgbackrest verify ended with status {done.returncode}")


def check_archives(options):
    """Raises Failure at the first WAL segment that is missing between the oldest backup and the end of the archive's newest
    timeline; returns how many there are. pgBackRest verifies the WAL that is there, and does not notice a gap."""
    stanza = json.loads(ask(options, "info", "--output=json"))[0]
    root = f"archive/{stanza['name']}"
    files = json.loads(ask(options, "repo-ls", root, "--recurse", "--output=json"))
    return sum(check_archive(archive, stanza, files, lambda name: ask(options, "repo-get", f"{root}/{name}"), time.time())
               for archive in stanza.get("archive", []))


def check_archive(archive, stanza, files, read, now):
    """The same for one archive (of one PostgreSQL version). files: {path: {"time": seconds}} below the stanza's archive;
    read: the text of a file in there."""
    found = archived_segments(archive["id"], files)
    backups = [(wal.segment(backup["archive"]["start"]), wal.segment(backup["archive"]["stop"]))
               for backup in stanza["backup"] if backup["database"]["id"] == archive["database"]["id"]]
    if not found or not backups:
        return 0
    newest, history = max(found)[0], ""
    if newest > 1:
        name = f"{archive['id']}/{newest:08X}.history"
        if name not in files:
            raise Failure(DAMAGED, f"the history of timeline {newest}, {name}, is missing in the archive")
        history = read(name)
    settled = [place for place, at in found.items() if at < now - SETTLED_SECONDS]
    needed = wal.needed(wal.branches(newest, history), backups, settled)
    if missing := sorted(needed - found.keys()):
        raise Failure(DAMAGED, f"WAL segment {wal.segment_name(*missing[0])} is missing in the archive, the first of "
                      f"{len(missing)}: backups from before it cannot be rolled forward beyond it")
    return len(needed)


def archived_segments(archive, files):
    """{segment: when it was archived}: a segment lies in ARCHIVE/FIRST-16-DIGITS/NAME-CHECKSUM[.COMPRESSION]."""
    pattern = re.compile(re.escape(archive) + r"/[0-9A-F]{16}/([0-9A-F]{24})-[0-9a-f]{40}(\.\w+)?$")
    return {wal.segment(match[1]): file["time"] for name, file in files.items() if (match := pattern.match(name))}


def backup_info(stanza):
    """The sections of `backup.info` that tell of the cluster and its backups, without the encryption key in it; None where
    there is no such file. Raises Failure."""
    done = subprocess.run(
        ["pgbackrest", "--log-level-console=off", "--log-level-stderr=error", "--io-timeout=5", "repo-get",
         "--ignore-missing", f"backup/{stanza}/backup.info"], text=True, capture_output=True, timeout=15)
    if done.returncode == 1:  # there is no such file; each other failure has another number
        return None
    if done.returncode != 0:
        code = re.search(r"<Code>(\w+)</Code>", done.stderr)
        words = (first_error(done.stderr) or f"status {done.returncode}").rstrip(":")
        raise Failure(FAILED, words + (f" {code[1]}" if code else ""))
    return public_sections(done.stdout)


def public_sections(text):
    """[db] and [backup:current] of a `backup.info`; [cipher] has the key."""
    section, kept = "", []
    for line in text.splitlines():
        section = line if line.startswith("[") else section
        if section in ("[db]", "[backup:current]"):
            kept.append(line)
    return "\n".join(kept)
