"""A job that runs to its end, on the backup repository or on its own: task VERB [pgbackrest options…]

  restore  puts a backup, and the WAL that follows up to the target, into the volume at /var/lib/postgresql, and leaves
           there a primary that was stopped in order. Run again after it was killed, it continues.
  drill    does the same in the container's own scratch space, checks the result, and throws it away.
  backup   takes a backup, and keeps pgBackRest's own words about a failure.
  expire   deletes the backup of `--set`, if no other backup depends on it.
  verify   reads every file of the repository and compares checksums, and looks for missing WAL.
  trial    starts an empty PostgreSQL with the parameters in TRIAL and the client rules beside it, and throws it away.
  look     says which backups there are, for a repository that only pgBackRest can read. Changes nothing.

The last line of the log, and the file RESULT, say the result as JSON. While a restore is not finished, a file beside the data
directory says so, and `node` refuses to start on the data.

Exit status:  0 done  1 failed  2 wrong arguments  3 the target was not reached  4 something is damaged
              5 PostgreSQL does not start with what is tried
              of a backup: pgBackRest's own
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

from cluster_node import checks, output, repository, server
from cluster_node.output import Failure
from cluster_node.restored import RestoredData
from cluster_node.sessions import SOCKET, environment

RESULT = "/var/log/pgbackrest/result.json"
ACCOUNTS = "/etc/controller/accounts.sql"
TRIAL, TRIAL_RULES = "/etc/controller/trial.conf", "/etc/controller/trial.hba"
FAILED, REFUSED = 1, 5


def timed(result, name, step, *arguments):
    start = time.monotonic()
    value = step(*arguments)
    result[name] = round(time.monotonic() - start, 3)
    return value


def run_restore(options, result):
    data = RestoredData()
    data.begin()
    timed(result, "restoreSeconds", repository.restore, options, data.directory)
    postgres = server.Server(data.directory)
    timed(result, "replaySeconds", postgres.wait_for_promotion)
    if os.path.exists(ACCOUNTS):
        done = subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-h", SOCKET, "-U", "postgres", "-d", "postgres",
                               "-f", ACCOUNTS], env=environment())
        if done.returncode != 0:
            raise Failure(FAILED, "the superuser's password could not be set")
    checks.ask("postgres", "checkpoint")
    result.update(checks.facts())
    postgres.stop()
    data.settle()
    data.end()


def run_drill(options, result):
    data = RestoredData()
    timed(result, "restoreSeconds", repository.restore, options, data.directory, False)
    # what is thrown away need not survive a crash
    postgres = server.Server(data.directory, fsync="off", full_page_writes="off", autovacuum="off")
    timed(result, "replaySeconds", postgres.wait_for_promotion)
    result.update(checks.facts())
    timed(result, "checkSeconds", checks.check, result)
    postgres.stop()


def run_verify(options, result):
    repository.verify(options)
    result["segments"] = timed(result, "archiveSeconds", repository.check_archives, options)


def run_backup(options, _):
    repository.backup(options)


def run_expire(options, _):
    repository.expire(options)


def run_trial(_, result):
    """The files are as they would be written for a node; only the settings that reach out of this container are turned off."""
    directory = RestoredData().directory
    made = subprocess.run(["initdb", "-D", directory, "-U", "postgres", "--no-sync", "--no-instructions", "--locale=C",
                           "--encoding=UTF8", "--auth=trust"], text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if made.returncode != 0:
        raise Failure(FAILED, f"initdb: {made.stderr.strip()[-500:]}")
    alone = {"listen_addresses": "", "unix_socket_directories": SOCKET, "archive_command": "", "logging_collector": "off",
             "log_destination": "stderr", "synchronous_standby_names": "", "hba_file": f"{SOCKET}/hba.conf",
             "log_line_prefix": ""}
    with open(TRIAL, encoding="utf-8") as tried, open(f"{directory}/postgresql.conf", "a", encoding="utf-8") as file:
        file.write(tried.read())
    # PostgreSQL reads all of the rules; the first one is for this program, and matches before the tried ones
    with open(TRIAL_RULES, encoding="utf-8") as tried, open(f"{SOCKET}/hba.conf", "w", encoding="utf-8") as file:
        file.write("local all postgres peer\n" + tried.read())
    with open(f"{SOCKET}/trial.log", "w+", encoding="utf-8", errors="replace") as log:
        postgres = subprocess.Popen(["postgres", "-D", directory, *server.arguments(alone)], stderr=log, stdout=log)
        has_started = timed(result, "startSeconds", server.starts, postgres)
        postgres.kill()
        log.seek(0)
        words = log.read()
    print(words, flush=True)
    if not has_started:
        raise Failure(
            REFUSED, server.complaint(words) or f"PostgreSQL ended with status {postgres.returncode} and said nothing")


def run_look(options, result):
    parser = argparse.ArgumentParser(prog="task look", add_help=False, allow_abbrev=False)
    parser.add_argument("--stanza", required=True)
    if (text := repository.backup_info(parser.parse_known_args(options)[0].stanza)) is not None:
        result["backupInfo"] = text


VERBS = {"restore": run_restore, "drill": run_drill, "verify": run_verify, "backup": run_backup, "expire": run_expire,
         "trial": run_trial, "look": run_look}


def parsed(arguments):
    """(verb, pgBackRest's options). Ends with status 2 where the verb is none."""
    parser = argparse.ArgumentParser(
        prog="task", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("verb", choices=VERBS)
    found, options = parser.parse_known_args(arguments)
    return found.verb, options


def main():
    verb, options = parsed(sys.argv[1:])
    # a stop asks PostgreSQL and pgBackRest to end by killing the container: the data are unfinished, and the marker says so
    signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
    result, status = {"verb": verb}, 0
    start = time.monotonic()
    try:
        VERBS[verb](options, result)
    except Failure as failure:
        status, result["error"] = failure.status, str(failure)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        status, result["error"] = FAILED, f"{type(error).__name__}: {error}"
    result["seconds"] = round(time.monotonic() - start, 3)
    text = json.dumps(result)
    # a look inside a node has no file of its own to fill
    if os.getpid() == 1:
        with open(RESULT, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    output.say("task", text, sys.stdout)
    return status
