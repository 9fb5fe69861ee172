#!/usr/bin/env bash
# run.sh [NAME…]: the check of the checks. Each patch in this folder is a deliberate bug; the unit tests or the simulation
# must catch every one. Works on a copy of the tree, which keeps its build between runs; the tree itself is not touched.
#
# Ends with status 1 when a mutant survives, does not apply or does not compile, or when the clean tree fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tree=$root/.build/mutants
seeds=${SEEDS:-1...1500}
flags=(-c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }

refresh() {  # the tree as it is now, with its times, so that only what differs is built
  mkdir -p "$tree"
  rm -rf "$tree/Sources" "$tree/Tests"
  tar -C "$root" --exclude .build -cf - Package.swift Sources Tests manifests | tar -C "$tree" -xf -
}
build() { (cd "$tree" && swift build "${flags[@]}" --build-tests) >"$log" 2>&1; }

# Says who noticed; status 1 when nobody did.
judge() {
  (cd "$tree" && timeout 300 swift test --skip-build "${flags[@]}" --filter 'ReconcilersTests|SupervisorTests') >"$log" 2>&1 || {
    grep -aoE '^✘ Test "[^"]*"' "$log" | head -1 | sed 's/^✘ Test/unit test/' || true
    return 0
  }
  (cd "$tree" && timeout 900 .build/release/simulate --seeds "$seeds" --first) >"$log" 2>&1 || {
    grep -aE 'seed|SEED' "$log" | head -1 | cut -c1-150
    return 0
  }
  return 1
}

say "the clean tree"
refresh
build || { tail -20 "$log"; echo "the clean tree does not build"; exit 1; }
if found=$(judge); then echo "the clean tree fails: $found"; exit 1; fi
echo "  passes its tests and seeds $seeds"

[[ $# -gt 0 ]] || set -- "$here"/*.patch
caught=0 survivors=()
for patch; do
  [[ -f $patch ]] || patch=$(ls "$here"/*"$patch"*.patch | head -1)
  name=$(basename "$patch" .patch) start=$SECONDS
  if ! (cd "$tree" && patch -s -p1 <"$patch") >"$log" 2>&1; then
    refresh
    survivors+=("$name (does not apply)")
  elif ! build; then
    survivors+=("$name (does not compile: $(grep -a error: "$log" | head -1))")
  elif found=$(judge); then
    caught=$((caught + 1))
    printf '  caught    %-42s %4d s  %s\n' "$name" $((SECONDS - start)) "$found"
  else
    survivors+=("$name")
  fi
  [[ ${#survivors[@]} == 0 || ${survivors[-1]} != "$name"* ]] || printf '  SURVIVES  %s\n' "${survivors[-1]}"
  (cd "$tree" && patch -s -R -p1 <"$patch") >/dev/null 2>&1 || refresh
done
say "$caught of $# mutants caught"
[[ ${#survivors[@]} == 0 ]] || { printf 'not caught: %s\n' "${survivors[@]}"; exit 1; }
