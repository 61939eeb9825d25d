# Five verbs. `make` alone explains them.
#
#   PYTHON  the Python that .venv is made from: 3.11, 3.12 or 3.13; found by itself if not given
#   ARGS    what `make run` and `make test` pass on, as in: make run ARGS="--set runtime.seed=1 evaluate_classifier"

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

IS_SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
FIRST_SUPPORTED = $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(IS_SUPPORTED)' 2>/dev/null && { echo $$p; break; }; done)
PYTHON ?= $(FIRST_SUPPORTED)

.DEFAULT_GOAL := help
.PHONY: help setup check test run bench deps browser

help: ## say what the verbs do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the locked versions; done again only when they change

check: $(READY) ## linter, format, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: $(READY) browser ## all tests but those that need a GPU or a network
	$(BIN)/python -m pytest $(ARGS)

run: $(READY) ## bring the whole line up to date, from images to verified models
	$(BIN)/transferline run $(ARGS)

bench: $(READY) ## the line against the usual training loop, turn by turn
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.strategies

deps: $(READY) ## write each stage's code deps into dvc.yaml, after an import has changed
	$(BIN)/python -m scripts.code_deps

# For the tests that open a page. Where it cannot be installed they say so and are skipped; .ci/run makes that a failure.
browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing Debian's Chromium for the tests that open a page ..." && \
	  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-liberation >/dev/null; } || \
	  echo "There is no Chromium, so the tests that open a page are skipped. As root on Debian: apt-get install chromium" >&2

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" && "$(PYTHON)" -c '$(IS_SUPPORTED)' 2>/dev/null || { \
	  echo "Python 3.11, 3.12 or 3.13 is needed; found: $$($(or $(PYTHON),python3) --version 2>&1)." >&2; \
	  echo "Name one: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@echo "Installing the locked packages into $(VENV); the first time that is about 6 GB and takes some minutes ..."
	@# The lock is complete and hashed, so nothing is left to resolve; Python compiles what it uses when it uses it.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
