#!/usr/bin/env bash
# run.sh [NAME…]: the check of the checks. Each patch in this folder is a deliberate bug; the unit tests (of Swift, or of the
# programs in the images) or the simulation must catch every one. Works on a copy of the tree, which keeps its build between
# runs; the tree itself is not touched.
#
# FROM=NNN goes on with that patch. Ends with status 1 when a mutant survives, does not apply or does not compile, or when the
# clean tree fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tree=$root/.build/mutants
seeds=${SEEDS:-1...1500}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }

refresh() {  # the tree as it is now, with its times, so that only what differs is built
  mkdir -p "$tree"
  rm -rf "$tree/Sources" "$tree/Tests" "$tree/docs" "$tree/deploy"
  tar -C "$root" --exclude .build -cf - Package.swift Sources Tests manifests docs deploy/images | tar -C "$tree" -xf -
}
# The unit tests are built for debugging, which compiles only the file that differs; the simulation is built to be fast, and only
# for a mutant that the unit tests let pass.
build_tests() { (cd "$tree" && swift build --build-tests) >"$log" 2>&1; }
build_simulation() { (cd "$tree" && swift build -c release --product simulate) >"$log" 2>&1; }

judge_programs() {
  local status=0
  (cd "$tree" && timeout 300 python3 -B -m unittest discover -b -s Tests/ImagePrograms -t Tests) >"$log" 2>&1 || status=$?
  [[ $status != 0 ]] || return 1
  verdict "$(grep -aoE '^(FAIL|ERROR): \w+' "$log" | head -1 | sed 's/^[A-Z]*: /image program test /')" "image program tests" $status
}
# Says who noticed. Status 1 when nobody did; 2 when there is no verdict: a time-out, or an end without a finding, is not
# a bug that was caught.
judge() {
  local status=0 found tests
  for tests in "${suites[@]}"; do
    (cd "$tree" && timeout 300 swift test --skip-build --filter "$tests" --skip ContractTests) >"$log" 2>&1 || status=$?
    [[ $status == 0 ]] && continue
    found=$(grep -aoE '^✘ Test "[^"]*"' "$log" | head -1 | sed 's/^✘ Test/unit test/') || true
    verdict "$found" "unit tests" $status
    return
  done
  status=0
  build_simulation || { echo "no verdict: the simulation does not compile"; return 2; }
  (cd "$tree" && timeout 1800 .build/release/simulate --seeds "$seeds" --first) >"$log" 2>&1 || status=$?
  [[ $status != 0 ]] || return 1
  found=$(grep -aE 'SEED=' "$log" | head -1 | cut -c1-150) || true
  verdict "$found" simulation $status
}
verdict() {  # FOUND WHO STATUS
  if [[ -n $1 ]]; then echo "$1"; else echo "no verdict: the $2 ended with status $3"; return 2; fi
}

# The unit tests that can notice a bug are those of its module and of the modules above it; the quick ones come first.
planners='ReconcilersTests|SupervisorTests' manifest='ManifestTests'
clients='ControllerTests|MonitoringTests|HTTPServerTests|LiveWorldTests|DockerAPITests|EtcdClientTests|PatroniAPITests|PostgresClientTests'
suites=("$planners" "$manifest" "$clients")
suites_of() {  # PATCH
  local files
  files=$(grep '^+++ b/Sources' "$1") || true
  suites=("$planners")
  if grep -qE 'Sources/(Manifest|Model)/' <<<"$files"; then suites+=("$manifest"); fi
  if grep -qvE 'Sources/(Reconcilers|Supervisor|Simulation|Manifest|Model)/' <<<"$files"; then suites=("$clients" "$planners"); fi
}

[[ $# -gt 0 ]] || set -- "$here"/*.patch
refresh
if [[ -n ${FROM:-} ]]; then
  # goes on with that patch, after a run that was ended: its clean tree has passed
  for patch; do
    shift
    if [[ ! $(basename "$patch") < $FROM ]]; then set -- "$@" "$patch"; fi
  done
else
  say "the clean tree"
  build_tests || { tail -20 "$log"; echo "the clean tree does not build"; exit 1; }
  status=0; found=$(judge_programs || judge) || status=$?
  [[ $status == 1 ]] || { echo "the clean tree fails: $found"; exit 1; }
  echo "  passes its tests and seeds $seeds"
fi
caught=0 survivors=()
caught_by() {  # WHO
  caught=$((caught + 1))
  printf '  caught    %-42s %4d s  %s\n' "$name" $((SECONDS - start)) "$1"
}
for patch; do
  [[ -f $patch ]] || patch=$(ls "$here"/*"$patch"*.patch | head -1)
  name=$(basename "$patch" .patch) start=$SECONDS
  suites_of "$patch"
  if ! (cd "$tree" && patch -s -p1 <"$patch") >"$log" 2>&1; then
    refresh
    survivors+=("$name (does not apply)")
  elif ! grep -q '^+++ b/Sources' "$patch"; then
    if found=$(judge_programs); then caught_by "$found"; else survivors+=("$name${found:+ ($found)}"); fi
  elif ! build_tests; then
    survivors+=("$name (does not compile: $(grep -a error: "$log" | head -1))")
  elif found=$(judge); then
    caught_by "$found"
  else
    survivors+=("$name${found:+ ($found)}")
  fi
  [[ ${#survivors[@]} == 0 || ${survivors[-1]} != "$name"* ]] || printf '  SURVIVES  %s\n' "${survivors[-1]}"
  (cd "$tree" && patch -s -R -p1 <"$patch") >/dev/null 2>&1 || refresh
done
say "$caught of $# mutants caught"
[[ ${#survivors[@]} == 0 ]] || { printf 'not caught: %s\n' "${survivors[@]}"; exit 1; }
