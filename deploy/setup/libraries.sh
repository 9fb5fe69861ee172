#!/usr/bin/env bash
# libraries.sh: makes sure that what the controller is built and tested with is here: libcurl, libpq, and Python for the tests
# of the images' programs.
set -euo pipefail
say() { printf 'libraries: %s\n' "$*" >&2; }

missing=()
command -v pkg-config >/dev/null || missing+=(pkg-config)
pkg-config --exists libcurl 2>/dev/null || missing+=(libcurl4-openssl-dev)
pkg-config --exists libpq 2>/dev/null || missing+=(libpq-dev)
command -v python3 >/dev/null || missing+=(python3)
if [[ ${#missing[@]} == 0 ]]; then say "libcurl $(pkg-config --modversion libcurl) and libpq $(pkg-config --modversion libpq) are here"; exit 0; fi

command -v apt-get >/dev/null || { say "please install libcurl and libpq with their headers, pkg-config and python3"; exit 1; }
[[ $(id -u) == 0 ]] || { say "please install as root: apt-get install ${missing[*]}"; exit 1; }
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
say "installing ${missing[*]}"
install 2>/dev/null || { apt-get update -qq && install; }
