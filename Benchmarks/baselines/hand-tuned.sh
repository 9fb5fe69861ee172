#!/usr/bin/env bash
# hand-tuned.sh PREFIX: the fastest start of the same cluster that a script without our controller reaches.
# Prints one JSON line: milliseconds from the start until the primary is writable, every standby streams, the
# synchronous standby is set, the schema is applied, the stanza exists. Removes everything that it made.
#
# README.md says what each of its tricks is worth.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

tuned_parameters='wal_retrieve_retry_interval: 500ms'
tuned_initdb='- sync-method: syncfs'
tuned_basebackup='basebackup: [{checkpoint: fast}]'

# A PATCH that changes nothing wakes a node's HA loop and writes nothing. From the moment when a standby has told etcd
# that it runs, the primary, asleep for up to loop_wait, could make it the synchronous one; it does so when it sees it
# streaming, a moment later. Everything else wakes by itself: standbys watch the leader key.
wake_primary() {
  local i value url
  while read -r value; do
    if [[ $value == *'"state":"running"'* && $value == *'"role":"replica"'* ]]; then break; fi
  done < <(docker exec "$(member 1)" etcdctl watch --prefix "/service/$prefix/members/")
  while :; do
    for i in $(seq "$nodes"); do
      url=http://127.0.0.1:$((base_port + i - 1))
      if curl -sf -m 1 "$url/primary"; then curl -s -m 2 -K "$work/curl" -X PATCH -d '{"loop_wait":10}' "$url/config" || true; fi
    done
    sleep 0.3
  done
}
(umask 077 && echo "user = \"controller:$rest_password\"" >"$work/curl")

start=$(milliseconds)
docker network create "$network" >/dev/null
for i in $(seq "$members"); do create_member "$(member "$i")" & created+=($!); done
for i in $(seq "$nodes"); do { create_node "$(node "$i")" "$i" && start_container "$(node "$i")"; } & started+=($!); done
# One member after the other: a new member asks those before it who is there, and one that listens, but still asks
# itself, keeps it waiting for a second each. Started at once, etcd needs up to two seconds longer.
wait "${created[@]}"
for i in $(seq "$members"); do start_container "$(member "$i")"; done
wait "${started[@]}"
wake_primary >/dev/null 2>&1 &
measure "$start"
