# `make run` and `make test` are all that a newcomer needs, on a bare Debian 12 or Ubuntu with Python 3.11 or newer.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
ARGS ?=
UNIT := $(addprefix tests/,alerting calendar config inventory scheduler agent doctor metrics/test_tallies.py)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: .venv/ready ## set up, then the practice campus and the agent that watches it; it says where to look (ARGS=... to demo)
	@exec $(BIN)/campus-agent demo $(ARGS)

.PHONY: test
test: .venv/ready ## set up, then all tests but the long ones, within 15 minutes (ARGS=... to pytest)
	@bash .ci/packages tests/packages.txt
	$(PYTEST) -m "not soak" -n 2 --dist loadfile $(ARGS)

.PHONY: unit
unit: .venv/ready ## the rules and the readers of files: no network, no database, no other program; under 10 seconds
	@$(PYTEST) -q -m "not net and not soak and not story" $(UNIT) $(ARGS)

.PHONY: soak
soak: .venv/ready ## the long tests, in four rows side by side, within an hour (ARGS=... to pytest)
	@bash .ci/packages tests/packages.txt
	@bash .ci/soak $(ARGS)

.PHONY: check
check: .venv/ready ## formatting, lint, types, import order
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: .venv/ready ## the agent beside its peers, into bench/RESULTS.md, within 43 minutes: icmp 5, poll 4, whole 3.5, ticket 3.5, growth 21.5, cameras 4.5, onvif 0.5, controller 0.5 (ARGS="--quick", ARGS=icmp ...)
	@bash .ci/packages bench/packages.txt
	$(BIN)/python -m bench $(ARGS)

.PHONY: wheel
wheel: .venv/ready ## dist/campus_agent-*.whl
	$(BIN)/python -m build --wheel

.PHONY: bundle
bundle: .venv/ready ## dist/campus-agent-bundle.tar.gz, for machines without a network (as this one: processor, Python)
	@bash deploy/bundle.sh dist/campus-agent-bundle.tar.gz $(BIN)/python

.PHONY: lock
lock: .venv/ready ## deploy/requirements.lock anew from pyproject.toml; read the difference before it is committed
	@bash .ci/lock

.PHONY: clean
clean: ## everything that was made here, but not data/
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: pyproject.toml .ci/venv
	@bash .ci/venv
