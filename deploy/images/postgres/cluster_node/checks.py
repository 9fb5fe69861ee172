"""What a restore drill does with the restored data. It reads tables, and runs no code of an application."""
import json
import subprocess

from cluster_node.output import Failure
from cluster_node.repository import CORES, DAMAGED
from cluster_node.sessions import SOCKET, environment, psql

# -2: a database whose creation or removal was cut off
DATABASES = "pg_database where datallowconn and not datistemplate and datconnlimit <> -2"
TABLES = """pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm')
    and c.relpersistence = 'p' and n.nspname !~ '^pg_|^information_schema$'"""
# A user can make a type and an operator of these names, and cannot put them into the extension. The search takes the operator
# that belongs to pgvector, in whatever schema that was installed.
VECTOR_COLUMNS = """pg_extension e
    join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
      and d.classid = 'pg_type'::regclass
    join pg_type t on t.oid = d.objid and t.typname in ('vector', 'halfvec')
    join pg_attribute a on a.atttypid = t.oid and a.attnum > 0 and not a.attisdropped
    join pg_class c on c.oid = a.attrelid and c.relkind = 'r' join pg_namespace n on n.oid = c.relnamespace
    join pg_namespace s on s.oid = e.extnamespace where e.extname = 'vector'"""
VECTOR_SEARCH = """format('select count(*) from (select 1 from only %1$I.%2$I order by %3$I operator(%4$I.<->) '
    '(select %3$I from only %1$I.%2$I where %3$I is not null limit 1) limit 10) nearest',
    n.nspname, c.relname, a.attname, s.nspname)"""


def ask(database, statement):
    """One answer; Failure where the server refuses."""
    answer = psql(database, statement)
    if answer is None:
        raise Failure(DAMAGED, f"in database {database} this failed: {statement}")
    return answer


def facts():
    """Whose data it is, and how far it goes."""
    row = ask("postgres", "select system_identifier, (pg_control_checkpoint()).timeline_id, pg_current_wal_lsn() "
              "from pg_control_system()").split("|")
    return {"systemIdentifier": row[0], "timeline": int(row[1]), "lsn": row[2]}


def check(result):
    """Each index and heap through amcheck; at the same time each table is read, and searched by each vector column."""
    amcheck = subprocess.Popen(["pg_amcheck", "-h", SOCKET, "-U", "postgres", "--all", "--install-missing",
                                f"--jobs={CORES}"], env=environment())
    try:
        read_all(result)
    finally:
        status = amcheck.wait()
    if status != 0:
        raise Failure(DAMAGED, "pg_amcheck found damage; its own words are above")


def read_all(result, ask=ask):
    """Counts tables, rows and vector searches into the result."""
    result.update(tables=0, rows=0, vectorSearches=0)
    for database in listed(ask, "postgres", "datname", DATABASES):
        for table in listed(ask, database, "format('%I.%I', n.nspname, c.relname)", TABLES):
            result["rows"] += int(ask(database, f"select count(*) from only {table}"))
            result["tables"] += 1
        for search in listed(ask, database, VECTOR_SEARCH, VECTOR_COLUMNS):
            ask(database, f"set enable_seqscan = off; {search}")
            result["vectorSearches"] += 1


def listed(ask, database, what, place):
    """A list of texts, whatever characters are in them."""
    return json.loads(ask(database, f"select coalesce(json_agg(what order by what), '[]') from (select {what} as what from "
                          f"{place}) list"))
