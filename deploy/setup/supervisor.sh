#!/usr/bin/env bash
# supervisor.sh up|down MANIFEST: runs the controller as the supervisor container, or stops it and the cluster.
#
# The container gets the engine's socket, the manifest's folder (read-only) and a state volume; it runs as an
# unprivileged user with the socket's group. SUPERVISOR names the container (controller).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }
usage() { echo "usage: $0 up|down MANIFEST" >&2; exit 2; }
[[ $# -eq 2 ]] || usage
manifest=$2 image=pg-controller/supervisor:dev name=${SUPERVISOR:-controller}
state=$name-state
[[ -e $manifest ]] || { echo "there is no manifest $manifest" >&2; exit 2; }
folder=$(cd "$(dirname "$manifest")" && pwd) file=$(basename "$manifest")

socket=/var/run/docker.sock
case ${DOCKER_HOST:-} in
  unix://*) socket=${DOCKER_HOST#unix://} ;;
  '') ;;
  *) echo "DOCKER_HOST=$DOCKER_HOST: the supervisor needs an engine on a unix socket; use \`controller run\` instead" >&2; exit 1 ;;
esac

in_container() {  # what `docker run` needs to run the controller's commands
  printf '%s\n' --user 1000:1000 --group-add "$group" -v "$socket:/var/run/docker.sock" -v "$folder:/manifests:ro" \
    -v "$state:/var/lib/controller" -e "CONTROLLER_MANIFEST=/manifests/$file" -e CONTROLLER_STATE=/var/lib/controller \
    --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp --memory 256m --pids-limit 128
}
# as a container sees it: on a desktop engine the host's number says nothing
group=$(docker run --rm --network none --entrypoint stat -v "$socket:/s" "$image" -c %g /s)
mapfile -t options < <(in_container)
once() { docker run --rm --network none "${options[@]}" "$image" "$@"; }

up() {
  local cluster wanted
  once manifest check
  cluster=$(once manifest name)
  docker volume create --label io.pg-controller.component=supervisor "$state" >/dev/null
  wanted=$(printf '%s\n' "$(docker image inspect -f '{{.Id}}' "$image")" "$cluster" "${options[@]}" | sha256sum | cut -c1-32)
  if [[ $(docker inspect -f '{{.State.Running}} {{index .Config.Labels "io.pg-controller.run"}}' "$name" 2>/dev/null) == "true $wanted" ]]; then
    say "the supervisor $name runs already, with this build and this manifest; nothing to change"
  else
    if docker inspect "$name" >/dev/null 2>&1; then
      [[ $(docker inspect -f '{{index .Config.Labels "io.pg-controller.component"}}' "$name") == supervisor ]] ||
        { echo "a container $name that is not ours exists; choose another name with SUPERVISOR=…" >&2; exit 1; }
      docker rm -f "$name" >/dev/null
    fi
    say "starting the supervisor container $name for cluster $cluster"
    docker run -d --name "$name" --restart unless-stopped --log-opt max-size=10m --log-opt max-file=3 \
      --label "io.pg-controller.cluster=$cluster" --label io.pg-controller.component=supervisor \
      --label "io.pg-controller.run=$wanted" "${options[@]}" "$image" run >/dev/null
  fi
  say "waiting for cluster $cluster to be as $manifest describes it"
  docker exec "$name" controller status --wait --timeout 300
}

down() {
  local cluster
  cluster=$(once manifest name)
  if [[ $(docker inspect -f '{{index .Config.Labels "io.pg-controller.component"}}' "$name" 2>/dev/null) == supervisor ]]; then
    say "stopping the supervisor $name"
    docker rm -f "$name" >/dev/null
  fi
  say "removing the containers and the network of $cluster; its volumes stay"
  once destroy --yes "$cluster"
}

case $1 in up | down) "$1" ;; *) usage ;; esac
