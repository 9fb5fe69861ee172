#!/usr/bin/env bash
# drill.sh: how long a restore drill takes, beside a plain `pgbackrest restore` of the same backup.
#   SIZE_MIB=1536  of tables, half of them vectors     ROUNDS=3
#
# All run in a container of the same image and limits, from the same repository, with the same process-max; they take
# turns, so that none has the warmer cache, and each begins when what the one before left has been gone for a while: in a
# virtual machine memory that was freed just now is cheaper than memory that has gone back to the host. Times are those of
# whole containers, from start to end. A drill goes on where a plain restore ends, and restores with smaller buffers than
# pgBackRest takes by itself, and without waiting for the disk; so it is measured against three: the restore as pgBackRest
# does it, whose files nobody could use yet; the same with the drill's buffers; and that with PostgreSQL started on it, all
# WAL replayed, and stopped in order. What a drill does beyond that are its checks: pg_amcheck of every index and table, a
# count of every table, a search through every vector column. The bar (1.15) is drill against plain.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
controller=$root/.build/release/controller rounds=${ROUNDS:-3} size=${SIZE_MIB:-1536}
image=${CONTROLLER_TEST_IMAGE:-pg-controller/postgres:18}
id=drill$$ work=$(mktemp -d)
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }

cat >"$work/cluster.yaml" <<Y
apiVersion: pg-controller.io/v1
kind: PostgresCluster
metadata: {name: $id}
spec:
  network: {name: $id-net}
  etcd: {members: 1, namePrefix: $id-etcd-, clientPort: 42479, memory: 256MiB}
  nodes: {count: 1, namePrefix: $id-pg-, postgresPort: 45532, patroniPort: 48108, memory: 2GiB, sharedMemory: 256MiB, image: "$image"}
  postgres: {parameters: {max_wal_size: 4GB}}
  schema: {extensions: [{name: vector}]}
  backups: {volume: $id-repo, processes: $(nproc)}
  pooler: {enabled: false}
  console: {enabled: false}
  monitoring: {port: 48187}
Y
options=(--manifest "$work/cluster.yaml" --state-dir "$work/state")
clean() {
  docker rm -f "$id-plain" "$id-buffered" "$id-usable" >/dev/null 2>&1 || true
  if [[ -e $work/pid ]]; then
    kill -9 "$(cat "$work/pid")" 2>/dev/null || true
    wait "$(cat "$work/pid")" 2>/dev/null || true
  fi
  "$controller" destroy "${options[@]}" --volumes --yes "$id" >/dev/null || true
  rm -rf "$work"
}
trap clean EXIT
"$controller" run "${options[@]}" >"$work/log" 2>&1 & echo $! >"$work/pid"
"$controller" status "${options[@]}" --wait --timeout 200 >/dev/null 2>&1
sql() { docker exec "$id-pg-1" psql -XAtq -v ON_ERROR_STOP=1 -d postgres -c "$1"; }

say "data: $size MiB of tables"
sql "create table words as select n, md5(n::text) || md5((n * 7)::text) || md5((n * 13)::text) as t from generate_series(1, $size * 3500) as n"
sql "create table points (id bigint, place vector(128))"
sql "create table near as select n as id, array(select random() + n * 0 from generate_series(1, 128))::vector(128) as place from generate_series(1, 5000) as n"
sql "insert into points select m, place from generate_series(0, $size * 930 / 5000) as m, near"
sql "alter table words add primary key (n); create index on points (id)"
sql "create index on near using hnsw (place vector_l2_ops)"
# what autovacuum would write after the backup would be replayed by the drill, and is no part of a plain restore
sql "vacuum (freeze, analyze)"
sql "select pg_switch_wal()" >/dev/null
echo "database: $(sql "select pg_size_pretty(sum(pg_database_size(oid))) from pg_database")"
"$controller" backup --type full "${options[@]}" >/dev/null 2>&1

# seconds from the start to the end of a container that has ended
took() { docker inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}}' "$1" | python3 -c '
import datetime, sys
start, end = (datetime.datetime.fromisoformat(t[:26].rstrip("Z") + "+00:00") for t in sys.stdin.read().split())
print(round((end - start).total_seconds(), 2))'; }
rest() {
  docker rm -f "$id-plain" "$id-buffered" "$id-usable" "$id-drill" >/dev/null 2>&1 || true
  sync
  sleep 5
}
drill() {
  rest
  "$controller" drill "${options[@]}" >"$work/drill" 2>&1 || { cat "$work/drill"; return 1; }
  docker logs "$id-drill" 2>&1 | sed -n 's/^task: //p' >"$work/result"
  docker cp "$id-drill:/etc/controller/pgbackrest.conf" "$work/pgbackrest.conf" >/dev/null 2>&1
  chmod a+r "$work/pgbackrest.conf"
}
alone() {  # NAME COMMAND: the command in a container like the drill's
  rest
  docker create --name "$id-$1" --network none --memory 2g --shm-size 256m -v "$id-repo:/var/lib/pgbackrest:ro" "$image" \
    sh -ec "$2" >/dev/null
  docker cp "$work/pgbackrest.conf" "$id-$1:/etc/controller/pgbackrest.conf" >/dev/null
  docker start -a "$id-$1" >"$work/$1" 2>&1 || { tail -n 5 "$work/$1"; return 1; }
}
restore="pgbackrest --stanza=pg-ha --pg1-path=/var/lib/postgresql/data --process-max=$(nproc)"
# as in deploy/images/postgres/task
buffers=$(sed -n 's/^BUFFER = "\(.*\)"/\1/p' "$root/deploy/images/postgres/task")
[[ -n $buffers ]] || { echo "deploy/images/postgres/task names no BUFFER"; exit 1; }
server="-c hot_standby=off -c listen_addresses= -c unix_socket_directories=/tmp -c archive_command= -c hba_file=/tmp/hba.conf \
-c synchronous_standby_names= -c shared_buffers=128MB -c huge_pages=off -c recovery_init_sync_method=syncfs"
plain() { alone plain "$restore restore"; }
buffered() { alone buffered "$restore $buffers restore"; }
usable() {
  alone usable "$restore $buffers restore; echo 'local all all peer' >/tmp/hba.conf; PGHOST=/tmp
    pg_ctl -D /var/lib/postgresql/data -s -w -t 600 -o '$server' start; pg_ctl -D /var/lib/postgresql/data -s -w -m fast stop"
}
say "plain restore, with small buffers, with start and replay, and restore drill, in turns, $rounds rounds"
drill  # once for the cache, and for the configuration that both use
for _ in $(seq "$rounds"); do
  plain
  plain=$(took "$id-plain")
  buffered
  buffered=$(took "$id-buffered")
  usable
  usable=$(took "$id-usable")
  drill
  echo "{\"plain\": $plain, \"buffered\": $buffered, \"usable\": $usable, \"drill\": $(took "$id-drill"), \"parts\": $(cat "$work/result")}" | tee -a "$work/rows"
done
python3 - "$work/rows" <<'P'
import json, statistics, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
middle = lambda read: statistics.median(read(row) for row in rows)
names = ("plain", "buffered", "usable", "drill")
plain, buffered, usable, drill = (middle(lambda row, name=name: row[name]) for name in names)
parts = {name: middle(lambda row: row["parts"][name]) for name in ("restoreSeconds", "replaySeconds", "checkSeconds")}
print(f"plain restore {plain:.2f} s   with the drill's buffers {buffered:.2f} s   "
      f"and start, replay, stop {usable:.2f} s   drill {drill:.2f} s")
print(f"drill / plain restore {drill / plain:.2f} (bar 1.15)   drill / restore with its buffers {drill / buffered:.2f}   "
      f"drill / usable restore {drill / usable:.2f}")
print(f"of the drill: restore {parts['restoreSeconds']:.2f} s ({parts['restoreSeconds'] / plain:.2f} of plain), start "
      f"and replay {parts['replaySeconds']:.2f} s, checks {parts['checkSeconds']:.2f} s")
P
