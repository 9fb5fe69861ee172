#!/usr/bin/env bash
# plain.sh PREFIX: the plain way to start the same cluster: one `docker run` after the other, Patroni's defaults.
# Prints one JSON line as hand-tuned.sh does, and removes everything that it made.
#
# Patroni's default base backup waits for a spread checkpoint, which takes 41 s for the 412 pages that a new cluster
# has to write. CHECKPOINT=fast leaves that out: the plain way at its best, and the figure to compare with.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

if [[ ${CHECKPOINT:-spread} == fast ]]; then tuned_basebackup='basebackup: [{checkpoint: fast}]'; fi

start=$(milliseconds)
docker network create "$network" >/dev/null
for i in $(seq "$members"); do create_member "$(member "$i")"; start_container "$(member "$i")"; done
for i in $(seq "$nodes"); do create_node "$(node "$i")" "$i"; start_container "$(node "$i")"; done
measure "$start"
