#!/usr/bin/env bash
# mirror.sh: prints the Debian mirror of this machine's own apt sources.
set -euo pipefail
shopt -s nullglob
mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null |
  sed -nE 's#^URIs: *(https?://[^ ]*/debian)/?( .*)?$#\1#p; s#^deb +(\[[^]]*\] +)?(https?://[^ ]*/debian)/? .*#\2#p' | head -n 1) || true
echo "${mirror:-http://deb.debian.org/debian}"
