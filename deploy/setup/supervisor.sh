#!/usr/bin/env bash
# supervisor.sh up|down MANIFEST: runs the controller as the supervisor container, or stops it and the cluster.
#
# The container gets the engine's socket, the manifest's folder (read-only) and a state volume; it runs as an
# unprivileged user with the socket's group. SUPERVISOR names the container (controller); SUPERVISOR_IMAGE its image.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }
usage() { echo "usage: $0 up|down MANIFEST" >&2; exit 2; }
[[ $# -eq 2 ]] || usage
path=$2 image=${SUPERVISOR_IMAGE:-pg-controller/supervisor:dev} name=${SUPERVISOR:-controller}
state=$name-state
[[ -e $path ]] || { echo "there is no manifest $path" >&2; exit 2; }
folder=$(cd "$(dirname "$path")" && pwd) file=$(basename "$path")

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
# without the state volume, which Docker would make on the way, and without labels
manifest() { docker run --rm --network none -v "$folder:/manifests:ro" "$image" manifest "$1" "/manifests/$file"; }
label() { docker inspect -f "{{index .Config.Labels \"io.pg-controller.$1\"}}" "$name" 2>/dev/null; }

# Ends, with the supervisor's own words and exit code, when it ends at once: another controller has the cluster, or its
# secrets are lost. Docker would start it again for ever.
acts() {
  local code
  until docker logs "$name" 2>&1 | grep -q 'keeping '; do
    code=$(docker inspect -f '{{if or .RestartCount (not .State.Running)}}{{.State.ExitCode}}{{else}}-{{end}}' "$name")
    if [[ $code != - ]]; then
      [[ $code != 0 ]] || code=$(docker wait "$name")
      echo "the supervisor $name does not start:" >&2
      docker logs --tail 5 "$name" >&2
      docker rm -f "$name" >/dev/null
      exit "$code"
    fi
    sleep 0.1
  done
}

# The supervisor has a network of its own, on which nothing else is: on Docker's default network every container of the host
# that names none could ask it for metrics.
network=$name-network
is_our_network() {
  [[ $(docker network inspect -f '{{index .Labels "io.pg-controller.component"}}' "$network" 2>/dev/null) == supervisor ]]
}
make_network() {
  is_our_network || docker network create --label io.pg-controller.component=supervisor "$network" >/dev/null
}

start() {  # RUN PUBLISH…: RUN tells the next `up` whether the container is as it would make it
  docker run -d --name "$name" --network "$network" --label "io.pg-controller.run=$1" "${@:2}" --restart unless-stopped \
    --log-opt max-size=10m --log-opt max-file=3 --label "io.pg-controller.cluster=$cluster" \
    --label io.pg-controller.component=supervisor "${options[@]}" "$image" run >/dev/null
}

up() {
  local cluster wanted published=()
  manifest check
  cluster=$(manifest name)
  mapfile -t published < <(manifest published)
  published=("${published[@]/#/--publish=}")
  docker volume create --label io.pg-controller.component=supervisor --label "io.pg-controller.cluster=$cluster" \
    "$state" >/dev/null
  wanted=$(printf '%s\n' "$(docker image inspect -f '{{.Id}}' "$image")" "$cluster" "$name" "${published[@]}" "${options[@]}" |
    sha256sum | cut -c1-32)
  if [[ $(docker inspect -f '{{.State.Running}} {{index .Config.Labels "io.pg-controller.run"}}' "$name" 2>/dev/null) == "true $wanted" ]]; then
    say "the supervisor $name runs already, with this build and this manifest; nothing to change"
  else
    if docker inspect "$name" >/dev/null 2>&1; then
      [[ $(label component) == supervisor ]] ||
        { echo "a container $name that is not ours exists; choose another name with SUPERVISOR=…" >&2; exit 1; }
      [[ $(label cluster) == "$cluster" ]] ||
        { echo "the supervisor $name keeps cluster $(label cluster); choose another name with SUPERVISOR=…" >&2; exit 1; }
      docker rm -f "$name" >/dev/null
    fi
    say "starting the supervisor container $name for cluster $cluster"
    make_network
    # a port that another program has must not keep the controller from its work: the status says then what is missing
    start "$wanted" "${published[@]}" || { docker rm -f "$name" >/dev/null && start unpublished; }
    acts
  fi
  say "waiting for cluster $cluster to be as $path describes it"
  docker exec "$name" controller status --wait --timeout 300
}

down() {
  local cluster comeback="make up"
  [[ $path == manifests/pg-ha-cluster.yaml ]] || comeback+=" MANIFEST=$path"
  [[ $name == controller ]] || comeback+=" SUPERVISOR=$name"
  cluster=$(manifest name)
  if [[ $(label component) == supervisor ]]; then
    [[ $(label cluster) == "$cluster" ]] ||
      { echo "the supervisor $name keeps cluster $(label cluster), and $path describes $cluster; nothing was touched" >&2; exit 1; }
    say "stopping the supervisor $name"
    docker rm -f "$name" >/dev/null
    if is_our_network; then docker network rm "$network" >/dev/null; fi
  fi
  say "removing the containers and the networks of $cluster; its volumes stay"
  once destroy --yes "$cluster" --comeback "$comeback"
}

case $1 in up | down) "$1" ;; *) usage ;; esac
