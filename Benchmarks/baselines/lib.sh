# shellcheck shell=bash
# lib.sh: what plain.sh and hand-tuned.sh share: names, files, the clock, the probes, the clean-up. Sourced by them.

prefix=${1:?usage: $0 PREFIX   (all Docker objects are named PREFIX-…)}
members=${ETCD_MEMBERS:-3} nodes=${NODES:-3} stanza=pg-ha base_port=${BASE_PORT:-18008}
etcd_image=${ETCD_IMAGE:-pg-controller/etcd:3.5} node_image=${NODE_IMAGE:-pg-controller/postgres:18}
network=$prefix-net repository=$prefix-repo
work=$(mktemp -d) here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tuned_parameters='' tuned_initdb='' tuned_basebackup=''

secret() { head -c 24 /dev/urandom | base64 | tr -d '+/='; }
rest_password=$(secret) replication_password=$(secret) rewind_password=$(secret)
milliseconds() { local t=$EPOCHREALTIME; echo $((${t/[.,]/} / 1000)); }
member() { echo "$prefix-etcd-$1"; }
node() { echo "$prefix-pg-node-$1"; }
all_objects() {
  local i
  for i in $(seq "$members"); do member "$i"; done
  for i in $(seq "$nodes"); do node "$i"; done
}

cleanup() {
  local name names
  jobs -p | xargs -r kill 2>/dev/null || true
  mapfile -t names < <(all_objects)
  docker rm -f -v "${names[@]}" >/dev/null 2>&1 || true
  for name in "${names[@]}"; do docker volume rm "$name-data" >/dev/null 2>&1 || true; done
  docker volume rm "$repository" >/dev/null 2>&1 || true
  docker network rm "$network" >/dev/null 2>&1 || true
  rm -rf "$work"
}
[[ -n ${KEEP:-} ]] || trap cleanup EXIT

# fill FILE KEY=VALUE…: FILE with every @KEY@ replaced; a value may have several lines, indented like its hole
fill() {
  local text pair file=$1
  text=$(<"$file")
  shift
  for pair in "$@"; do text=${text//@${pair%%=*}@/${pair#*=}}; done
  printf '%s\n' "$text"
}

# The files of member or node $2 in $work/$2, 0400 and owned by the user that runs in the container (a number).
write_etcd_files() {
  local i cluster=''
  for i in $(seq "$members"); do cluster+="${cluster:+,}$(member "$i")=http://$(member "$i"):2380"; done
  mkdir -p "$work/$1"
  fill "$here/etcd.yaml" MEMBER="$1" INITIAL_CLUSTER="$cluster" SCOPE="$prefix" >"$work/$1/etcd.yaml"
}
write_node_files() {
  local i hosts=''
  for i in $(seq "$members"); do hosts+="${hosts:+, }'$(member "$i"):2379'"; done
  mkdir -p "$work/$1"
  fill "$here/patroni.yml" SCOPE="$prefix" NODE="$1" STANZA="$stanza" ETCD_HOSTS="$hosts" \
    REST_PASSWORD="$rest_password" REPLICATION_PASSWORD="$replication_password" REWIND_PASSWORD="$rewind_password" \
    TUNED_PARAMETERS="$tuned_parameters" TUNED_INITDB="$tuned_initdb" TUNED_BASEBACKUP="$tuned_basebackup" \
    >"$work/$1/patroni.yml"
  fill "$here/pgbackrest.conf" STANZA="$stanza" >"$work/$1/pgbackrest.conf"
}
upload() { tar -C "$work/$1" --owner="$2" --group="$2" --mode=0400 -cf - . | docker cp - "$1:/etc/controller" >/dev/null; }

hardening=(--cap-drop ALL --security-opt no-new-privileges --pids-limit 2048 --log-opt max-size=10m --log-opt max-file=3)
create_member() {
  write_etcd_files "$1"
  docker create --name "$1" --network "$network" "${hardening[@]}" --memory 512m \
    -v "$1-data:/var/lib/etcd" "$etcd_image" >/dev/null
  upload "$1" 998
}
create_node() {  # NAME NUMBER
  write_node_files "$1"
  docker create --name "$1" --network "$network" "${hardening[@]}" --memory 4g --shm-size 1g \
    -p "127.0.0.1:$((base_port + $2 - 1)):8008" \
    -v "$1-data:/var/lib/postgresql" -v "$repository:/var/lib/pgbackrest" "$node_image" >/dev/null
  upload "$1" 999
}

start_container() { docker start "$1" >/dev/null; }

# probe NAME: prints, once each, "MICROSECONDS EVENT NAME" for: writable, streaming (all standbys), sync (a standby that
# PostgreSQL waits for and that Patroni may promote: both know it).
# It runs inside the container, so that looking costs little; it ends when all is seen, or when NAME is a standby.
probe() {
  docker exec -i "$1" bash -s "$1" "$((nodes - 1))" <<'PROBE'
say() { local t=$EPOCHREALTIME; echo "${t/[.,]/} $1"; }
patroni_knows() {
  exec 3<>/dev/tcp/127.0.0.1/8008 && printf 'GET /cluster HTTP/1.0\r\n\r\n' >&3 && grep -q sync_standby <&3
}
query="select pg_is_in_recovery(),
  (select count(*) from pg_stat_replication where state = 'streaming'),
  (select count(*) from pg_stat_replication where state = 'streaming' and sync_state in ('sync', 'quorum'))"
writable='' streaming='' sync=''
while [[ -z $writable || -z $streaming || -z $sync ]]; do
  IFS='|' read -r standby count synchronous < <(psql -XAtq -d postgres -c "$query" 2>/dev/null)
  [[ $standby != t ]] || exit 0
  if [[ $standby == f ]]; then
    if [[ -z $writable ]] && psql -XAtq -d postgres -c 'set synchronous_commit = local; create table if not exists probe (); drop table probe' >/dev/null 2>&1; then say "writable $1"; writable=1; fi
    if [[ -z $streaming && $count -ge $2 ]]; then say "streaming $1"; streaming=1; fi
    if [[ -z $sync ]] && { [[ $2 == 0 ]] || [[ $synchronous -ge 1 ]] && patroni_knows; }; then say "sync $1"; sync=1; fi
  fi
  sleep 0.05
done
PROBE
}

schema="create extension if not exists vector;
create table if not exists items (id serial primary key, name text not null, content text, embedding vector(1536), created_at timestamptz not null default now());
create index if not exists items_embedding on items using ivfflat (embedding vector_cosine_ops) with (lists = 100);"

# Follows the probes of all nodes from $1 (milliseconds) on; applies the schema and creates the stanza as soon as the
# primary is writable; prints the result as one JSON line once everything is there.
measure() {
  local start=$1 i time event name primary='' line events
  declare -A at=()
  mkfifo "$work/events"
  for i in $(seq "$nodes"); do probe "$(node "$i")" >"$work/events" 2>/dev/null & done
  exec {events}<"$work/events"
  while [[ ${#at[@]} -lt 5 ]]; do
    read -r -t 120 -u "$events" line || { echo "nothing new for 120 s; seen: ${!at[*]}" >&2; return 1; }
    read -r time event name <<<"$line"
    at[$event]=$((time / 1000 - start))
    if [[ $event == writable ]]; then
      primary=$name
      { docker exec -i "$primary" psql -XAtq -v ON_ERROR_STOP=1 -d postgres <<<"set client_min_messages = error; set synchronous_commit = local; $schema" >/dev/null &&
        echo "$(milliseconds)000 schema $primary" >"$work/events"; } &
      { docker exec "$primary" pgbackrest --stanza="$stanza" --log-level-console=error stanza-create >/dev/null &&
        echo "$(milliseconds)000 stanza $primary" >"$work/events"; } &
    fi
  done
  exec {events}<&-
  printf '{"writable":%d,"streaming":%d,"sync":%d,"schema":%d,"stanza":%d}\n' \
    "${at[writable]}" "${at[streaming]}" "${at[sync]}" "${at[schema]}" "${at[stanza]}"
}
