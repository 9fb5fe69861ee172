#!/usr/bin/env bash
# switchover.sh: what a switchover costs an application, beside Patroni's own in the same run.
#   SWITCHOVERS=10   of the controller, through the poolers     PLAIN=3   of Patroni alone, to the primary itself
#
# An application writes a hundred transactions a second over four connections. Patroni's own switchover is `patronictl
# switchover`, with the controller away; the application is connected to the primary and looks for the new one.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
controller=${CONTROLLER_BINARY:-$root/.build/release/controller} switchovers=${SWITCHOVERS:-10} plain=${PLAIN:-3}
image=${CONTROLLER_TEST_IMAGE:-pg-controller/postgres:18} pooler=${CONTROLLER_TEST_POOLER_IMAGE:-pg-controller/pgbouncer:1}
id=swb$$ work=$(mktemp -d)
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }
python3 -c 'import psycopg2' 2>/dev/null || apt-get install -y -qq --no-install-recommends python3-psycopg2 >/dev/null
python=$(for p in /usr/bin/python3 python3; do $p -c 'import psycopg2' 2>/dev/null && echo $p && break; done)

cat >"$work/cluster.yaml" <<Y
apiVersion: pg-controller.io/v1
kind: PostgresCluster
metadata: {name: $id}
spec:
  network: {name: $id-net}
  etcd: {members: 3, namePrefix: $id-etcd-, clientPort: 43379, memory: 256MiB}
  nodes: {count: 3, namePrefix: $id-pg-, postgresPort: 46532, patroniPort: 49108, memory: 1GiB, sharedMemory: 128MiB, image: "$image"}
  postgres: {parameters: {shared_buffers: 64MB}}
  backups: {volume: $id-repo}
  pooler: {count: 2, namePrefix: $id-pgb-, port: 46432, readOnlyPort: 46442, image: "$pooler"}
  console: {enabled: false}
  monitoring: {port: 47187}
Y
options=(--manifest "$work/cluster.yaml" --state-dir "$work/state")
stop() {
  [[ -e $work/pid ]] || return 0
  kill -9 "$(cat "$work/pid")" 2>/dev/null || true
  wait "$(cat "$work/pid")" 2>/dev/null || true
  rm "$work/pid"
}
clean() {
  stop
  "$controller" destroy "${options[@]}" --volumes --yes "$id" >/dev/null || true
  rm -rf "$work"
}
trap clean EXIT
ready() { "$controller" status "${options[@]}" --wait --timeout 200 >/dev/null 2>&1; }
"$controller" run "${options[@]}" >"$work/log" 2>&1 & echo $! >"$work/pid"
ready
"$controller" password pgadmin "${options[@]}" >"$work/password"
measure() {  # NAME HOW COMMAND…
  echo "$1 $("$python" "$root/Benchmarks/switchover.py" "$2" "$work/password" 46432,46433 46532,46533,46534 "${@:3}")" | tee -a "$work/rows"
}

say "$switchovers switchovers by the controller, through the poolers, at 100 transactions a second"
for _ in $(seq "$switchovers"); do
  ready
  measure controller pooled "$controller" switchover "${options[@]}"
done
ready
grep -h "they were held for" "$work/state/$id/events.jsonl" | sed 's/.*they were held for/  held for/; s/","measured.*//; s/","object.*//'
say "$plain switchovers by Patroni alone"
stop
members() { docker exec "$id-pg-1" patronictl -c /etc/controller/patroni.yml list --format json; }
settled() { members | "$python" -c 'import json, sys; m = json.load(sys.stdin); sys.exit(0 if sum(x["State"] == "streaming" for x in m) == 2 and any("Sync" in x["Role"] for x in m) else 1)'; }
for _ in $(seq "$plain"); do
  until settled; do sleep 0.5; done
  heir=$(members | "$python" -c 'import json, sys; print(next(x["Member"] for x in json.load(sys.stdin) if "Sync" in x["Role"]))')
  measure patroni direct docker exec "$id-pg-1" patronictl -c /etc/controller/patroni.yml switchover --force --candidate "$heir"
done

say "what it cost"
"$python" - "$work/rows" <<'P'
import json, sys
found = {}
for line in open(sys.argv[1]):
    name, _, text = line.partition(" ")
    found.setdefault(name, []).append(json.loads(text))
def at(values, share): return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))] / 1000
for name, rows in found.items():
    gaps = [row["gap_ms"] for row in rows]
    print(f"switchover {name:10} {len(rows)} times: no write for p50 {at(gaps, 0.5):.2f} s, p99 {at(gaps, 0.99):.2f} s, longest {at(gaps, 1):.2f} s"
        + (" (bar: p50 < 1 s, p99 < 2 s)" if name == "controller" else ""))
    print("  history " + ", ".join(f"{sum(row[key] for row in rows)} {key}" for key in ("acknowledged", "failed", "lost", "repeated")))
P
