#!/usr/bin/env bash
# weather.sh: what a failover costs while something else goes on, each beside the quiet case of the same run. The primary's container
# is killed (SIGKILL); a client inserts every 10 ms and notes what was acknowledged.
#   QUIET=20   kills with nothing else to do    KILLS=5   kills in each weather
#   SCALE=280  of pgbench, for the case with data: 280 is 4 GiB
#   ONLY=      the weathers to measure, of: migration backup copy stop resolver busy data storage
set -euo pipefail
source "$(dirname "$0")/common.sh"
quiet=${QUIET:-20} kills=${KILLS:-5} scale=${SCALE:-280} only=" ${ONLY:-migration backup copy stop resolver busy data storage} "
background=()
calm() {  # ends what goes on in the background
  for process in "${background[@]}"; do kill -- -"$process" 2>/dev/null || true; done
  background=()
  iptables -D DOCKER-USER -p udp --dport 53 -j DROP 2>/dev/null || true
}
clean() { calm; docker rm -f "$id-s3" >/dev/null 2>&1 || true; destroy || true; rm -rf "$work"; }
trap clean EXIT
# in a process group of its own, so that it ends with all that it started
going_on() { setsid "$@" >>"$work/weather.log" 2>&1 & background+=($!); }
primary() {
  for node in "$id-pg-1" "$id-pg-2" "$id-pg-3"; do
    [[ $(docker exec "$node" psql -XAtqc 'select not pg_is_in_recovery()' 2>/dev/null) != t ]] || echo "$node"
  done
}
edit() { sed -i -e "$1" "$work/cluster.yaml"; }
kill_it() { WITNESS=${2:-} gap container 90 | sed "s/^/$1 /" | tee -a "$work/gap"; }
wanted() { [[ $only == *" $1 "* ]]; }

say "a cluster"
start
ready
"$controller" password pgadmin "${options[@]}" >"$work/password"

say "quiet: $quiet kills"
for _ in $(seq "$quiet"); do kill_it quiet; ready; done

if wanted migration; then
  say "while a migration runs"
  echo 'select pg_sleep(50);' >"$work/sql/slow.sql"
  edit 's|^      - sql/001_items.sql|&\n      - sql/slow.sql|'
  runs='docker exec $PRIMARY psql -XAtqc "select 1 / count(*) from pg_stat_activity where application_name like '"'migration%'"'"'
  for _ in $(seq "$kills"); do
    # it begins again after each failover, until it was left alone for so long
    until PRIMARY=$(primary) bash -c "$runs" >/dev/null 2>&1; do sleep 0.2; done
    until [[ $(docker exec "$(primary)" psql -XAtqc "select count(*) from pg_stat_replication where state = 'streaming' and sync_state = 'sync'") == 1 ]]; do sleep 0.2; done
    kill_it migration "$runs"
  done
  edit '/sql\/slow.sql/d'
  ready 300
fi

if wanted backup; then
  say "while a full backup runs"
  for _ in $(seq "$kills"); do
    going_on "$controller" backup --type full "${options[@]}"
    until docker ps --format '{{.Names}}' --filter label=io.pg-controller.component=task --filter "label=io.pg-controller.cluster=$id" | grep -q .; do sleep 0.1; done
    kill_it backup "docker ps --format '{{.Names}}' --filter label=io.pg-controller.component=task --filter label=io.pg-controller.cluster=$id | grep -q ."
    calm
    ready 300
  done
fi

if wanted copy; then
  say "while a replica gets a fresh copy"
  for _ in $(seq "$kills"); do
    node=$(docker exec "$(primary)" psql -XAtqc "select application_name from pg_stat_replication where sync_state <> 'sync' limit 1")
    going_on "$controller" reinit "$node" --yes "$node" "${options[@]}"
    until [[ $(docker exec "$(primary)" psql -XAtqc "select count(*) from pg_stat_replication where state = 'streaming'") == 1 ]]; do sleep 0.1; done
    kill_it copy '[[ $(docker exec $PRIMARY psql -XAtqc "select count(*) from pg_stat_replication where state = '"'streaming'"'") == 1 ]]'
    ready 300
    calm
  done
fi

if wanted stop; then
  say "while a container takes long to stop"
  for _ in $(seq "$kills"); do
    kill -STOP "$(docker inspect -f '{{.State.Pid}}' "$id-console")"
    edit '/^  console:/,/enabled:/s/enabled: true/enabled: false/'
    kill_it stop "tail -n 60 '$work/state/$id/events.jsonl' | grep '$id-console' | grep -q '\"what\":\"stop' && [[ \$(docker inspect -f '{{.State.Running}}' $id-console) == true ]]"
    edit '/^  console:/,/enabled:/s/enabled: false/enabled: true/'
    ready 300
  done
fi

if wanted resolver; then
  say "with a resolver that does not answer"
  iptables -I DOCKER-USER -p udp --dport 53 -j DROP
  for _ in $(seq "$kills"); do
    # not asked in the primary: Docker takes a container off its networks when the last answer is there
    kill_it resolver "timeout 1 docker exec $id-pgb-1 getent hosts resolver.example; [[ \$? == 124 ]]"
    ready
  done
  calm
fi

if wanted busy; then
  say "with all cores busy"
  for _ in $(seq "$(nproc)"); do going_on "$python" -c 'while True: pass'; done
  for _ in $(seq "$kills"); do kill_it busy "kill -0 ${background[*]}"; ready 300; done
  calm
fi

if wanted data; then
  say "with pgbench's data at scale $scale, and 200 transactions a second through the poolers"
  export PGPASSFILE=$work/pgpass PGSSLMODE=require
  echo "*:*:*:*:$(<"$work/password")" >"$PGPASSFILE"
  chmod 600 "$PGPASSFILE"
  cat >"$work/pgbench" <<L
#!/bin/sh
exec docker run --rm --network host --user 0 -v "$work:$work" -e PGPASSFILE -e PGSSLMODE --label $id=load --entrypoint pgbench \
  pg-controller/postgres:18 -h 127.0.0.1 -p 46432 -U pgadmin "\$@" postgres
L
  chmod +x "$work/pgbench"
  "$work/pgbench" -i -q -s "$scale" >>"$work/weather.log" 2>&1
  ready 600
  docker exec "$(primary)" psql -XAtqc "select 'the database has ' || pg_size_pretty(pg_database_size('postgres'))"
  # its sessions end with the primary
  going_on bash -c "while :; do '$work/pgbench' -n -c 8 --rate=200 -T 3600; done"
  for _ in $(seq "$kills"); do
    until docker exec "$(primary)" psql -XAtqc "select 1 / count(*) from pg_stat_activity where application_name = 'pgbench'" >/dev/null 2>&1; do sleep 0.5; done
    kill_it data 'docker exec $PRIMARY psql -XAtqc "select 1 / count(*) from pg_stat_activity where application_name = '"'pgbench'"'"'
    ready 600
  done
  calm
  docker ps -q --filter "label=$id=load" | xargs -r docker rm -f >/dev/null
fi

if wanted storage; then
  say "with an encrypted repository in S3 (SeaweedFS over TLS)"
  destroy
  "$root/deploy/setup/test-tools.sh" all
  mkdir "$work/s3" "$work/secrets"
  key=key$RANDOM$RANDOM secret=secret$RANDOM$RANDOM$RANDOM
  (
    cd "$work/s3"
    new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl req -x509 $new -days 3 -keyout ca.key -out ca.crt -subj "/CN=an authority of its own"
    openssl req $new -keyout tls.key -out tls.csr -subj "/CN=$id-s3"
    printf 'subjectAltName=DNS:%s' "$id-s3" >names
    openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3 -out tls.crt -extfile names
    cat >s3.json <<J
{"identities": [{"name": "t", "credentials": [{"accessKey": "$key", "secretKey": "$secret"}], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
J
    cp ca.crt ..
    printf %s "$key" >../secrets/key
    printf %s "$secret" >../secrets/key-secret
    chmod 600 ../secrets/*
  ) >>"$work/weather.log" 2>&1
  docker network create --label "io.pg-controller.cluster=$id" --label io.pg-controller.component=network "$id-net-clients" >/dev/null
  docker create --name "$id-s3" --network "$id-net-clients" --user 0 --entrypoint /weed pg-controller/postgres:18 server -dir=/tmp \
    -ip=127.0.0.1 -ip.bind=0.0.0.0 -master.volumeSizeLimitMB=256 -volume.max=100 -s3 -s3.port=8443 -s3.config=/s3/s3.json \
    -s3.cert.file=/s3/tls.crt -s3.key.file=/s3/tls.key >/dev/null
  docker cp -q "$root/.build/tools/weed" "$id-s3:/weed" 2>/dev/null || docker cp "$root/.build/tools/weed" "$id-s3:/weed" >/dev/null
  docker cp "$work/s3" "$id-s3:/s3" >/dev/null
  docker start "$id-s3" >/dev/null
  until docker exec "$id-s3" sh -c '(echo s3.bucket.create -name backups; sleep 0.5) | timeout 10 /weed shell -master=127.0.0.1:9333 2>&1' | grep -q 'created bucket'; do sleep 0.5; done
  edit "s|^    volume: $id-repo.*|    s3: {bucket: backups, endpoint: $id-s3, port: 8443, uriStyle: path, caFile: ca.crt, keyFile: secrets/key, keySecretFile: secrets/key-secret}|; s|cipher: none|cipher: aes-256-cbc|"
  start
  ready 300
  "$controller" password pgadmin "${options[@]}" >"$work/password"
  for _ in $(seq "$kills"); do kill_it storage "docker exec $id-s3 true"; ready 300; done
fi

say "what a failover cost"
"$python" - "$work/gap" <<'P'
import json, sys
found = {}
for line in open(sys.argv[1]):
    name, _, text = line.partition(" ")
    found.setdefault(name, []).append(json.loads(text))
def at(values, share): return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))] / 1000
def median(rows, key): return at([row[key] or 90_000 for row in rows], 0.5)
calm = found["quiet"]
for name, rows in found.items():
    gap = [row["gap_ms"] for row in rows]
    total = {key: sum(row[key] for row in rows) for key in ("acknowledged", "lost", "unexpected", "two_primaries")}
    print(f"{name:10} {len(rows)} kills, {sum(row['weather'] for row in rows)} in that weather: no write for p50 {at(gap, 0.5):.2f} s"
        f" ({at(gap, 0.5) / median(calm, 'gap_ms'):.2f} of quiet), p99 {at(gap, 0.99):.2f} s; streaming again p50 {median(rows, 'back_ms'):.1f} s"
        f" ({median(rows, 'back_ms') / median(calm, 'back_ms'):.2f}); " + ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in total.items()))
print("bars: quiet p50 0.75 s and p99 1 s; p50 elsewhere 1.5 of quiet; streaming again 4.5 s, with data 1.2 of that; 0 lost, 0 two primaries")
P
