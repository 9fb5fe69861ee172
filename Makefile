# controller: highly available PostgreSQL on plain Docker. `make` prints what there is to do.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MANIFEST ?= manifests/pg-ha-cluster.yaml
PREFIX ?= /usr/local
# one configuration for the program and its tests, so that nothing is built twice; an import that Package.swift does
# not list is an error, because SwiftPM alone lets it through
SWIFT_FLAGS := -c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error
BINARY := .build/release/controller
BASH_COMPLETION = $(PREFIX)/share/bash-completion/completions/controller
ZSH_COMPLETION = $(PREFIX)/share/zsh/site-functions/_controller
FISH_COMPLETION = $(PREFIX)/share/fish/vendor_completions.d/controller.fish
say = @printf '\033[1m▶ %s\033[0m\n' "$(1)"

.PHONY: help up down setup build images install test test-all test-fast mutants lint format sim chaos bench clean

help: ## Print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: setup build images ## Everything, to a converged cluster (MANIFEST=…)
	@if $(BINARY) manifest images $(MANIFEST) | grep -x pg-controller/prometheus:1 >/dev/null; then deploy/setup/images.sh prometheus; fi
	@deploy/setup/supervisor.sh up $(MANIFEST)

down: ## Stop the supervisor, then the cluster; its data volumes stay
	@deploy/setup/supervisor.sh down $(MANIFEST)

setup: ## Install what is missing: Docker Engine, the C libraries
	@deploy/setup/libraries.sh
	@deploy/setup/engine.sh

build: ## Build the program
	$(call say,building the program (the first time takes some minutes))
	@swift build $(SWIFT_FLAGS) --product controller 2>&1 | deploy/setup/quiet.sh

images: build ## Build the images that have changed (REFRESH=1: all of them, with the packages of today)
	@deploy/setup/images.sh

install: build ## Put `controller` on the PATH, with its completion for bash, zsh and fish (PREFIX=/usr/local)
	@install -D -m 0755 $(BINARY) $(PREFIX)/bin/controller
	@install -d $(dir $(BASH_COMPLETION)) $(dir $(ZSH_COMPLETION)) $(dir $(FISH_COMPLETION))
	@$(BINARY) --generate-completion-script bash >$(BASH_COMPLETION)
	@$(BINARY) --generate-completion-script zsh >$(ZSH_COMPLETION)
	@$(BINARY) --generate-completion-script fish >$(FISH_COMPLETION)
	@echo "installed $(PREFIX)/bin/controller, and its completion below $(PREFIX)/share"

test: setup ## What a landing needs: unit, simulation, contract, and one test end to end for each promise
	@deploy/setup/test.sh landing

test-all: setup ## Everything: 2,000 seeds, contract tests, all tests end to end
	@deploy/setup/test.sh all

test-fast: ## The tests that need no Docker
	@deploy/setup/libraries.sh
	@deploy/setup/test.sh fast

sim: ## The simulation by the thousand (SEEDS=1...10000), or one seed with its story (SEED=…)
	@swift build $(SWIFT_FLAGS) --product simulate 2>&1 | deploy/setup/quiet.sh
	@.build/release/simulate $(if $(SEED),--seed $(SEED) --trace,--seeds $(or $(SEEDS),1...10000))

mutants: ## The check of the checks: deliberate bugs that the tests must catch (ONE=name for one)
	@deploy/setup/libraries.sh
	@Tests/Mutants/run.sh $(ONE)

chaos: setup ## Random disasters on a real cluster under a writing client (ROUNDS=30 SEED=…)
	@deploy/setup/test.sh chaos $(or $(ROUNDS),30) $(SEED)

lint: ## Check format and style
	@swift format lint --strict -r Sources Tests Package.swift

format: ## Format the code
	@swift format -i -r Sources Tests Package.swift

bench: setup build images ## The benchmarks, as ratios in one run
	@Benchmarks/run.sh
	@Benchmarks/weather.sh
	@Benchmarks/switchover.sh
	@Benchmarks/drill.sh

clean: ## Remove what was built
	@rm -rf .build
