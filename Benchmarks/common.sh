# What the benchmarks of failovers share: a cluster of their own, made from the manifest of `make up`, and the way to kill its
# primary. Sourced; sets id, work, options, controller, python.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
controller=${CONTROLLER_BINARY:-$root/.build/release/controller}
id=${BENCH_ID:-bench$$} work=$(mktemp -d)
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }
python3 -c 'import psycopg2' 2>/dev/null || apt-get install -y -qq --no-install-recommends python3-psycopg2 >/dev/null
python=$(for p in /usr/bin/python3 python3; do $p -c 'import psycopg2' 2>/dev/null && echo $p && break; done)

cp -r "$root/manifests/sql" "$work/"
sed -e "s/pg-ha-cluster/$id/; s/pg-ha-network/$id-net/; s/namePrefix: etcd-/namePrefix: $id-etcd-/; s/namePrefix: pg-node-/namePrefix: $id-pg-/" \
  -e "s/clientPort: 2379/clientPort: 42379/; s/postgresPort: 5432/postgresPort: 45432/; s/patroniPort: 8008/patroniPort: 48008/" \
  -e "s/namePrefix: pgbouncer-/namePrefix: $id-pgb-/; s/port: 6432/port: 46432/; s/readOnlyPort: 6442/readOnlyPort: 46442/" \
  -e "s/volume: pgbackrest-repo/volume: $id-repo/; s/name: dbhub/name: $id-console/; s/port: 9090/port: 49090/; s/port: 9187/port: 49187/" \
  "$root/manifests/pg-ha-cluster.yaml" >"$work/cluster.yaml"
options=(--manifest "$work/cluster.yaml" --state-dir "$work/state")
# the controller may have been started in a subshell: its process ID is a file
pid() { cat "$work/pid"; }
stop() {
  [[ -e $work/pid ]] || return 0
  kill -9 "$(pid)" 2>/dev/null || true
  while kill -0 "$(pid)" 2>/dev/null; do sleep 0.05; done
  rm "$work/pid"
}
destroy() { stop; "$controller" destroy "${options[@]}" --volumes --yes "$id" >/dev/null; rm -rf "$work/state"; }
start() { "$controller" run "${options[@]}" >>"$work/log" 2>&1 & echo $! >"$work/pid"; }
ready() { "$controller" status "${options[@]}" --wait --timeout "${1:-200}" >/dev/null 2>&1; }
# one kill of the primary, and what it cost (gap.py): HOW WAIT
gap() { "$python" "$root/Benchmarks/gap.py" "$@" "$work/password" "$id-pg-" 45432 45433 45434; }
