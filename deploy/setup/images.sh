#!/usr/bin/env bash
# images.sh [NAME…]: builds the images that have changed: etcd postgres pgbouncer console controller (all of them by default).
#
# An image carries, as a label, a hash of what it was built from: its folder and the base image. The same hash again
# means nothing to do. The controller's image takes the release build, which must be there: `swift build -c release`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
say() { printf 'images: %s\n' "$*" >&2; }
label=pg-controller.content
declare -A tags=([etcd]=pg-controller/etcd:3.5 [postgres]=pg-controller/postgres:18
  [pgbouncer]=pg-controller/pgbouncer:1 [console]=pg-controller/console:1 [controller]=pg-controller/supervisor:dev)
[[ $# -gt 0 ]] || set -- etcd postgres pgbouncer console controller
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
  hash=$({ echo "$base_id $options"; tar -C "$context" --exclude=__pycache__ --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - .; } | sha256sum | cut -d' ' -f1)
  if [[ $(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$tag" 2>/dev/null) == "$hash" ]]; then
    say "$tag is up to date"
    return
  fi
  say "building $tag"
  # The classic builder is in every engine; BuildKit needs a plugin that Debian does not package with it.
  if ! DOCKER_BUILDKIT=0 docker build --build-arg BASE="$base" --build-arg APT_OPTIONS="$options" \
    --label "$label=$hash" --force-rm --tag "$tag" "$context" >"$log" 2>&1; then
    say "building $tag failed; its last lines:"
    tail -n 15 "$log" >&2
    return 1
  fi
  say "built $tag in $((SECONDS - start)) s"
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
