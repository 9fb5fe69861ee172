#!/usr/bin/env bash
# stage-controller.sh: collects what the controller's image is made of, and prints where: the Dockerfile, the release
# binary, and the Swift libraries that it loads. The image gets all others from Debian.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
say() { printf 'stage-controller: %s\n' "$*" >&2; }
binary=${CONTROLLER_BINARY:-$root/.build/release/controller}
[[ -x $binary ]] || { say "$binary is missing; build it first: swift build -c release --product controller"; exit 1; }

stage=$root/.build/image-context
rm -rf "$stage"
mkdir -p "$stage/lib"
cp "$root/deploy/images/controller/Dockerfile" "$stage/"
cp "$binary" "$stage/controller"
# Swift's own runtime lies outside the system's library folders.
ldd "$binary" | sed -nE 's#.* => (/[^ ]+) .*#\1#p' | while read -r library; do
  case $library in
    /lib/* | /lib64/* | /usr/lib/x86_64-linux-gnu/* | /usr/lib/aarch64-linux-gnu/*) ;;
    *) cp -L "$library" "$stage/lib/" ;;
  esac
done
if missing=$(ldd "$binary" | grep 'not found'); then say "libraries are missing: $missing"; exit 1; fi
say "staged $(du -sh "$stage" | cut -f1) in $stage"
echo "$stage"
