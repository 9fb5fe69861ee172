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
landing+='|ControlTests/secrets|OwnershipTests|PlantedTests|ArchiveProgramTests|CertificatesTests/boundaries|EtcdAccessTests/boundaries'
landing+='|LocalConfigurationTests|NetworksTests|MonitoringTests'
log=.build/last-test.log
background=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$background"' EXIT
flags=(-c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error)
# Some tests try less in the shorter tiers.
export TESTS=${1:-}
# What failed is said again at the end, because a reader of CI sees the last lines first.
run() { swift test --skip-build "${flags[@]}" "$@" 2>&1 | tee "$log" || { failed "$@"; return 1; }; }
failed() {
  say "failed in: swift test $*"
  grep -a -A 6 -E '✘|error:' "$log" | tail -n 120
}

unit() {
  say "unit tests of the programs in the images"
  python3 -B -m unittest discover -b -s Tests/ImagePrograms -t Tests
  say "unit tests of the alert rules and the dashboard"
  python3 -B -m unittest discover -b -s Tests/Monitoring -t Tests
  say "unit tests"
  run --skip ContractTests --skip EndToEndTests --skip SimulationTests
}

# The page in a real browser, and each alert with Prometheus' own program for that.
watching() {
  say "tests of the page in a browser"
  python3 -B -m unittest discover -b -s Tests/Page -t Tests
  say "tests of the alert rules"
  deploy/setup/images.sh prometheus
  tar -ch deploy/monitoring Tests/Monitoring | docker run --rm -i --network none --entrypoint sh pg-controller/prometheus:1 -c \
    'cd /tmp && tar -xf - && promtool check rules deploy/monitoring/alerts.yml && promtool test rules Tests/Monitoring/alerts.test.yml'
}

# The simulation takes what the cores have left while the other tests wait for servers: it is as deterministic then. It is started
# as a program of its own: `swift test` gives what it starts the usual priority, and makes a second `swift test` wait for it. It
# has a session of its own, because the kernel shares the cores between sessions first, and `nice` counts only within one
# (sched(7), autogroup).
simulate() {  # SEEDS
  say "in the background: the simulation, ${SIM_SEEDS:-$1} seeds"
  SIM_SEEDS=${SIM_SEEDS:-$1} setsid bash -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$@"' bash \
    .build/release/controllerPackageTests.xctest --testing-library swift-testing --filter SimulationTests \
    >"$background/simulation" 2>&1 &
  simulating=$!
}
have_simulated() {
  local status=0
  say "waiting for the simulation"
  wait "$simulating" || status=$?
  log=$background/simulation
  tail -n 3 "$log"
  [[ $status == 0 ]] || { failed --filter SimulationTests; exit 1; }
}

# What has to be fetched from the network comes while the compiler keeps the cores busy.
fetch() {  # landing|all
  say "in the background: images and tools for the other tests"
  {
    deploy/setup/images.sh etcd postgres pgbouncer console && deploy/setup/test-tools.sh "$1" &&
      { [[ $1 == landing ]] || deploy/setup/engine-new.sh up; }
  } >"$background/fetch" 2>&1 &
  fetching=$!
}
have_fetched() {
  wait "$fetching" || { cat "$background/fetch"; exit 1; }
  cat "$background/fetch"
  deploy/setup/images.sh
}

case ${1:-} in all | landing) fetch "$1" ;; esac
say "building the program and its tests"
swift build "${flags[@]}" --build-tests 2>&1 | deploy/setup/quiet.sh
case ${1:-} in
  fast)
    unit
    simulate 200
    have_simulated
    ;;
  landing | all)
    unit
    if [[ $1 == all ]]; then simulate 2000; else simulate 300; fi
    have_fetched
    # two at a time: they mostly wait for servers, and each has its own
    export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=2
    say "contract tests against real servers"
    engine=unix:///var/run/docker.sock
    if [[ $1 == all ]]; then
      CONTROLLER_TEST_ENGINES=$engine,unix:///run/dnew.sock run --parallel --filter ContractTests
      deploy/setup/engine-new.sh down
    else
      CONTROLLER_TEST_ENGINES=$engine run --parallel --filter ContractTests --skip ModelContractTests.PatroniTests
    fi
    say "tests end to end"
    if [[ $1 == all ]]; then run --parallel --filter EndToEndTests; else run --parallel --filter "EndToEndTests.($landing)"; fi
    if [[ $1 == all ]]; then watching; fi
    have_simulated
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
