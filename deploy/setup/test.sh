#!/usr/bin/env bash
# test.sh fast|all: runs the tests, layer by layer, from one release build that is also the program's.
#
#   fast   unit tests and a short simulation; needs no Docker
#   all    those, the full simulation, the contract tests against real servers, and the tests end to end
set -euo pipefail
cd "$(dirname "$0")/../.."
say() { printf '\033[1m▶ %s\033[0m\n' "$*"; }
flags=(-c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error)
run() { swift test --skip-build "${flags[@]}" "$@"; }

say "building the program and its tests"
swift build "${flags[@]}" --build-tests 2>&1 | deploy/setup/quiet.sh
case ${1:-} in
  fast)
    say "unit tests and a short simulation"
    SIM_SEEDS=${SIM_SEEDS:-200} run --skip ContractTests --skip EndToEndTests
    ;;
  all)
    say "unit tests and the simulation"
    SIM_SEEDS=${SIM_SEEDS:-2000} run --skip ContractTests --skip EndToEndTests
    say "images, the second engine and the browser for the other tests"
    deploy/setup/images.sh
    deploy/setup/engine-new.sh up
    deploy/setup/test-tools.sh
    say "contract tests against real servers"
    CONTROLLER_TEST_ENGINES=unix:///var/run/docker.sock,unix:///run/dnew.sock run --no-parallel --filter ContractTests
    deploy/setup/engine-new.sh down
    say "tests end to end"
    run --no-parallel --filter EndToEndTests
    ;;
  *)
    echo "usage: $0 fast|all" >&2
    exit 2
    ;;
esac
say "all tests passed"
