#!/usr/bin/env bash
# test-tools.sh: what the tests need besides the program: a static busybox for tiny images, openssl for certificates,
# a headless browser for the web console. Installs what is missing (Debian, root).
set -euo pipefail
say() { printf 'test-tools: %s\n' "$*" >&2; }
missing=()
[[ -x /bin/busybox ]] || missing+=(busybox-static)
command -v openssl >/dev/null || missing+=(openssl)
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
if [[ ${#missing[@]} -gt 0 ]]; then
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
fi
say "everything is here"
