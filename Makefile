# `make up` runs the product, `make test` tests it, `make bench` measures it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KAFKA_DIR := .dossier/kafka
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help up test test-rules bench endure hostile outages check lock clean

help:
	@echo "make up           run Dossier locally: API, projections, forwarder, a Customer Engagement simulator"
	@echo "make up KAFKA=1   the same, through a local Apache Kafka"
	@echo "make up PORT=8001 the same, on another port"
	@echo "make test         check format, lint and types, and run all tests against real servers"
	@echo "make test-rules   for daily work: the same checks, and all tests without Kafka, journeys and whole installations"
	@echo "make bench        measure performance against peers; results go to benchmarks/results.json"
	@echo "make endure       run two companies on one Kafka while processes are killed, servers stall and a disk fills up; SECONDS=600"
	@echo "make hostile      attack the API while clients save; report latency, memory and responses; SECONDS=1800"
	@echo "make outages      record what health, status and metrics report during outages; SECONDS=150 each"

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "uv==0.13.9"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

up: $(VENV)/.installed
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

test: check
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

test-rules: check
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not kafka and not whole"

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks

# Long runs: each has its own default duration; SECONDS overrides it.
endure hostile outages: LONG_RUN = $(BIN)/python -m benchmarks $(subst endure,enduring,$@) $(if $(SECONDS),--seconds $(SECONDS))
endure hostile outages: $(VENV)/.installed
	$(LONG_RUN)

# Three lock files: everything for development, the image's runtime, and the build of the image's wheel.
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header
lock: $(VENV)/.installed
	$(LOCK) --group dev pyproject.toml --output-file requirements.lock
	$(LOCK) --constraints requirements.lock pyproject.toml --output-file deploy/requirements.lock
	echo hatchling | $(LOCK) --constraints requirements.lock - --output-file deploy/build.lock

clean:
	rm -rf $(VENV) .dossier
