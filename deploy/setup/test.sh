#!/usr/bin/env bash
# test.sh fast|landing|all|chaos: runs the tests, layer by layer, from one release build that is also the program's.
#
#   fast     unit tests and a short simulation; needs no Docker
#   landing  those, the contract tests against real servers, and the tests end to end named below
#   all      those, 2,000 seeds of the simulation, and all tests end to end
#   chaos    random disasters on a real cluster: ROUNDS of them, drawn from SEED
#
# Each layer says how long it took.
set -euo pipefail
cd "$(dirname "$0")/../.."
say() { printf '\033[1m▶ %s  (%d:%02d)\033[0m\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }
# What a landing needs: one test for each promise. The others are longer, or the same promises under other faults;
# CONTRIBUTING.md says why each of them is in the long tier.
landing='ColdStartTests/comesUp|FailoverTests|SwitchoverTests|RepairTests|RestoreTests|DeclaredTests|ControlTests/lock'
landing+='|ControlTests/secrets|OwnershipTests|PlantedTests|ArchiveProgramTests'
flags=(-c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error)
# What failed is said again at the end, because a reader of CI sees the last lines first.
run() {
  local log=.build/last-test.log
  swift test --skip-build "${flags[@]}" "$@" 2>&1 | tee "$log" && return
  say "failed in: swift test $*"
  grep -a -A 6 -E '✘|error:' "$log" | tail -n 120
  return 1
}

# the simulation keeps all cores busy: the clients' tests, which run real servers in the process, come before it
unit() {
  say "unit tests of the programs in the images"
  python3 -B -m unittest discover -b -s Tests/ImagePrograms -t Tests
  say "unit tests"
  run --skip ContractTests --skip EndToEndTests --skip SimulationTests
  say "the simulation, ${SIM_SEEDS:-$1} seeds"
  SIM_SEEDS=${SIM_SEEDS:-$1} run --filter SimulationTests
}

# What has to be fetched from the network comes while the compiler keeps the cores busy.
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
fetch() {
  say "in the background: images, the second engine and the browser for the other tests"
  (deploy/setup/images.sh etcd postgres pgbouncer console && deploy/setup/engine-new.sh up && deploy/setup/test-tools.sh) \
    >"$fetched/log" 2>&1 &
  fetching=$!
}
have_fetched() {
  wait "$fetching" || { cat "$fetched/log"; exit 1; }
  cat "$fetched/log"
  deploy/setup/images.sh
}

case ${1:-} in all | landing) fetch ;; esac
say "building the program and its tests"
swift build "${flags[@]}" --build-tests 2>&1 | deploy/setup/quiet.sh
case ${1:-} in
  fast)
    unit 200
    ;;
  landing | all)
    if [[ $1 == all ]]; then unit 2000; else unit 300; fi
    have_fetched
    # two at a time: they mostly wait for servers, and each has its own
    export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=2
    say "contract tests against real servers"
    CONTROLLER_TEST_ENGINES=unix:///var/run/docker.sock,unix:///run/dnew.sock run --parallel --filter ContractTests
    deploy/setup/engine-new.sh down
    say "tests end to end"
    if [[ $1 == all ]]; then run --parallel --filter EndToEndTests; else run --parallel --filter "EndToEndTests.($landing)"; fi
    ;;
  chaos)
    deploy/setup/images.sh
    CHAOS_ROUNDS=${2:-30} CHAOS_SEED=${3:-} run --no-parallel --filter EndToEndTests.SurvivalTests/chaos
    ;;
  *)
    echo "usage: $0 fast|landing|all|chaos [rounds] [seed]" >&2
    exit 2
    ;;
esac
say "all tests passed"
