#!/usr/bin/env bash
# Patroni writes postgresql.conf in place: from the beginning of a rewrite to its end a reader finds an empty file.
#
# Seen with Patroni 4.1.5. A reload (SIGHUP, POST /reload) makes Patroni's main thread write the file, whatever state PostgreSQL is in.
# A new replica is copied and started by another thread meanwhile. A PostgreSQL that starts in that moment takes defaults for what it
# does not find, and goes on with them: parameters that need a restart stay as they are after the file is whole again, and Patroni marks
# no restart as due, because it compares parameters only while PostgreSQL runs. To reload Patroni safely, wait until a node's
# PostgreSQL is there, or write the file apart and rename it.
#
# Output seen:
#   before: 3 lines, with shared_buffers
#   during: 0 bytes
#   after:  3 lines, with shared_buffers
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install patroni==4.1.5 psycopg2-binary==2.9.10 >/dev/null
seen=$("$folder/venv/bin/python" - "$folder/postgresql.conf" <<'PY'
import os
import sys

from patroni.postgresql.config import ConfigWriter

path = sys.argv[1]


def lines():
    with open(path) as file:
        text = file.read()
    return f"{len(text.splitlines())} lines, with{'' if 'shared_buffers' in text else 'out'} shared_buffers"


with ConfigWriter(path) as writer:
    writer.write_param("shared_buffers", "64MB")
print("before:", lines())
with ConfigWriter(path) as writer:
    writer.write_param("shared_buffers", "64MB")
    print("during:", os.stat(path).st_size, "bytes")
print("after: ", lines())
PY
)
echo "$seen"
[[ $seen == $'before: 3 lines, with shared_buffers\nduring: 0 bytes\nafter:  3 lines, with shared_buffers' ]]
