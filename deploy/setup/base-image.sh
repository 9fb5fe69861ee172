#!/usr/bin/env bash
# base-image.sh: prints the name of the base image that all images here are built from, and makes sure that it exists.
#
# With an image registry in reach that is debian:forky-slim. Without one it is pg-controller/base:forky,
# made here by debootstrap from the mirror in this machine's own apt sources (root; half a minute, once).
# BASE_IMAGE=… takes another one, as it is. REFRESH=1 pulls or makes it again. debootstrap checks the archive's signature, and ends
# where it cannot.
set -euo pipefail
say() { printf 'base-image: %s\n' "$*" >&2; }
exists() { docker image inspect "$1" >/dev/null 2>&1; }

official=debian:forky-slim own=pg-controller/base:forky

if [[ -n ${BASE_IMAGE:-} ]]; then say "using $BASE_IMAGE, as asked"; echo "$BASE_IMAGE"; exit 0; fi
if [[ -z ${REFRESH:-} ]]; then
  # the newer one where both are here: a refresh without a registry makes our own
  image=$(for image in "$official" "$own"; do
    if exists "$image"; then docker image inspect --format "{{.Created}} $image" "$image"; fi
  done | sort | tail -n 1 | cut -d' ' -f2)
  if [[ -n $image ]]; then say "$image is here"; echo "$image"; exit 0; fi
fi
if timeout 120 docker pull --quiet "$official" >/dev/null 2>&1; then say "pulled $official"; echo "$official"; exit 0; fi

[[ $(id -u) == 0 ]] || { say "no image registry answers, and making a base image by debootstrap needs root"; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if ! command -v debootstrap >/dev/null || ! command -v gpgv >/dev/null || [[ ! -s $keyring ]]; then
  say "no image registry answers: installing debootstrap"
  wanted=(debootstrap gpgv debian-archive-keyring)
  apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null 2>&1 ||
    { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null; }
fi
mirror=$("$(dirname "$0")/mirror.sh")
root=$(mktemp -d /var/tmp/base-image.XXXXXX) log=/var/log/base-image.log
trap 'rm -rf --one-file-system "$root"' EXIT
say "no image registry answers: making $own from $mirror (log: $log)"
# sid's script serves every newer suite; this debootstrap may be older than forky's name
debootstrap --force-check-gpg --keyring="$keyring" --variant=minbase --include=ca-certificates forky "$root" "$mirror" /usr/share/debootstrap/scripts/sid >"$log" 2>&1 ||
  { say "debootstrap failed; its last lines:"; tail -n 5 "$log" >&2; exit 1; }
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,info}/*
tar -C "$root" --numeric-owner -c . | docker import --change 'CMD ["bash"]' - "$own" >/dev/null
say "made $own"
echo "$own"
