"""Superuser sessions inside the container. They take nothing of the data: no setting of a role or a database, no trigger at
login, no function and no view of an application."""
import functools
import os
import subprocess

SESSION_OPTIONS = "/usr/local/share/controller/session-options"
# where a job's own PostgreSQL listens
SOCKET = "/tmp"


def session_options(path=SESSION_OPTIONS):
    """[option], as libpq takes them: they win over ALTER ROLE … SET and ALTER DATABASE … SET."""
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


@functools.cache
def environment():
    """The environment of psql and of PostgreSQL's other clients."""
    options = [*session_options(), "-c restrict_nonsystem_relation_kind=view,foreign-table"]
    return {**os.environ, "PGOPTIONS": " ".join(options)}


def psql(database, statement, timeout=None):
    """One statement's answer as text; None when the server does not answer yet, or refuses."""
    done = subprocess.run(
        ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", SOCKET, "-U", "postgres", "-d", conninfo(database), "-c", statement],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, env=environment())
    return done.stdout.strip() if done.returncode == 0 else None


def conninfo(database):
    """A database's name as psql reads it: a name with `=` in it would be taken for options of the connection."""
    return "dbname='" + database.replace("\\", "\\\\").replace("'", "\\'") + "'"
