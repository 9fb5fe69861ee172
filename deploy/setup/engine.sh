#!/usr/bin/env bash
# engine.sh: makes sure that a Docker Engine answers.
#
# Takes the one that answers already (DOCKER_HOST, a desktop engine, a system service). Without one, as root on
# Debian: installs docker.io and starts dockerd, detached from this shell. Its log: /var/log/dockerd.log
set -euo pipefail
say() { printf 'engine: %s\n' "$*" >&2; }
version() { docker version --format '{{.Server.Version}} (API {{.Server.APIVersion}})' 2>/dev/null; }

if command -v docker >/dev/null && found=$(version); then say "$found answers"; exit 0; fi
[[ -z ${DOCKER_HOST:-} ]] || { say "nothing answers at DOCKER_HOST=$DOCKER_HOST"; exit 1; }
[[ $(id -u) == 0 ]] || { say "no engine answers; start one, set DOCKER_HOST, or run this as root"; exit 1; }

if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null || ! command -v iptables >/dev/null; then
  command -v apt-get >/dev/null || { say "no engine answers, and only on Debian can this install one"; exit 1; }
  say "installing docker.io"
  packages=(docker.io iptables iproute2)
  # Where the client is not part of docker.io, it has a package of its own.
  apt-get update -qq
  if apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
if found=$(version); then say "$found answers"; exit 0; fi  # the package may have started it

log=/var/log/dockerd.log
say "starting dockerd (log: $log)"
setsid dockerd >"$log" 2>&1 </dev/null &
for _ in $(seq 150); do
  if found=$(version); then say "$found started"; exit 0; fi
  sleep 0.2
done
say "it did not answer within 30 s; its last lines:"
tail -n 5 "$log" >&2
exit 1
