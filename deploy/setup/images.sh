#!/usr/bin/env bash
# images.sh [NAME…]: builds the images that have changed: etcd postgres pgbouncer console controller (all of these by
# default), and prometheus, which few manifests use.
#
# An image carries, as a label, a hash of what it was built from: its folder and the base image. The same hash again
# means nothing to do. With REFRESH=1 the base image and all images are built again, with the packages of today. Another label
# says which packages these are. The controller's image takes the release build, which must be there: `swift build -c release`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
say() { printf 'images: %s\n' "$*" >&2; }
label=pg-controller.content
declare -A tags=([etcd]=pg-controller/etcd:3.5 [postgres]=pg-controller/postgres:18
  [pgbouncer]=pg-controller/pgbouncer:1 [console]=pg-controller/console:1 [prometheus]=pg-controller/prometheus:1
  [controller]=pg-controller/supervisor:dev)
[[ $# -gt 0 ]] || set -- etcd postgres pgbouncer console controller
# what an image is for: the status shows these packages
declare -A packages=([etcd]="etcd-server" [postgres]="postgresql-18 postgresql-18-pgvector patroni pgbackrest"
  [pgbouncer]="pgbouncer" [console]="adminer" [prometheus]="prometheus" [controller]="libpq5 libcurl4t64")
for name; do [[ -n ${tags[$name]:-} ]] || { say "no image is called $name; there are: ${!tags[*]}"; exit 2; }; done

# Builds take packages from the mirror that this machine uses, so they follow its apt settings about old indexes.
apt_options() {
  local setting
  for setting in Acquire::Check-Valid-Until Acquire::Check-Date; do
    if apt-config dump "$setting" 2>/dev/null | grep -q '"false"'; then printf -- '-o %s=false ' "$setting"; fi
  done
}

build() {  # NAME
  local name=$1 tag=${tags[$1]} context=$root/deploy/images/$1 hash log=$logs/$1 start=$SECONDS
  if [[ $name == controller ]]; then context=$("$here/stage-controller.sh"); fi
  hash=$({ echo "$base_id $options ${packages[$name]} dated"; tar -C "$context" --exclude=__pycache__ --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - .; } | sha256sum | cut -d' ' -f1)
  if [[ -z ${REFRESH:-} && $(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$tag" 2>/dev/null) == "$hash" ]]; then
    say "$tag is up to date"
    return
  fi
  say "building $tag"
  # The classic builder is in every engine; BuildKit needs a plugin that Debian does not package with it.
  # From the base image by its ID: a tag may mean another one by now.
  if ! DOCKER_BUILDKIT=0 docker build --build-arg BASE="$base_id" --build-arg APT_OPTIONS="$options" ${REFRESH:+--no-cache} \
    --label "$label=$hash" --force-rm --tag "$tag-unlabelled" "$context" >"$log" 2>&1 ||
    ! describe "$name" "$tag" >>"$log" 2>&1; then
    docker image rm --no-prune "$tag-unlabelled" >/dev/null 2>&1 || true
    say "building $tag failed; its last lines:"
    tail -n 15 "$log" >&2
    return 1
  fi
  say "built $tag in $((SECONDS - start)) s"
}

# Adds the labels with the packages and of when they are, which is known only now: apt's layer may come from an earlier build, and
# the base image's own packages are older. A failure has to be handed on by hand, because `set -e` does not count in a condition.
describe() {  # NAME TAG
  local found at base_at
  # shellcheck disable=SC2086
  found=$(docker run --rm --network none --entrypoint dpkg-query "$2-unlabelled" -W -f '${Package}=${Version} ' ${packages[$1]}) &&
    at=$(docker run --rm --network none --entrypoint stat "$2-unlabelled" -c %Y /var/lib/dpkg/status) &&
    base_at=$(date -d "$(docker image inspect --format '{{.Created}}' "$base")" +%s) &&
    DOCKER_BUILDKIT=0 docker build --label "io.pg-controller.packages=${found% }" \
      --label "io.pg-controller.packages-at=$((at < base_at ? at : base_at))" --tag "$2" - <<<"FROM $2-unlabelled" &&
    docker image rm --no-prune "$2-unlabelled"
}

base=$("$here/base-image.sh")
base_id=$(docker image inspect --format '{{.Id}}' "$base")
options=$(apt_options)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
declare -A builds=()
for name; do
  build "$name" &
  builds[$name]=$!
done
failed=()
for name; do wait "${builds[$name]}" || failed+=("$name"); done
[[ ${#failed[@]} == 0 ]] || { say "not built: ${failed[*]}"; exit 1; }
