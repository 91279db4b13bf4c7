# `make up` runs the product, `make test` proves it, `make bench` measures it. Nothing else to learn.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KAFKA_DIR := .dossier/kafka
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help up test bench endure hostile outages check lock clean

help:
	@echo "make up           run Dossier here: API, projections, forwarder, a Customer Engagement simulator"
	@echo "make up KAFKA=1   the same through a local Apache Kafka"
	@echo "make up PORT=8001 the same on another port"
	@echo "make test         format, lint, types, and every test against real servers"
	@echo "make bench        ratios against peers, written to benchmarks/results.json"
	@echo "make endure       two companies on one Kafka while all is killed, frozen and filled up; SECONDS=600"
	@echo "make hostile      attackers beside saves and a probe: times, memory, answers; SECONDS=1800"
	@echo "make outages      what health, status and metrics tell about outages, second by second; SECONDS=150 each"

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

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks

# Long runs: each has a time of its own unless SECONDS says another.
endure hostile outages: LONG_RUN = $(BIN)/python -m benchmarks $(subst endure,enduring,$@) $(if $(SECONDS),--seconds $(SECONDS))
endure hostile outages: $(VENV)/.installed
	$(LONG_RUN)

# Three locks: everything for development, what runs for the image, what builds the image's wheel.
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header
lock: $(VENV)/.installed
	$(LOCK) --group dev pyproject.toml --output-file requirements.lock
	$(LOCK) --constraints requirements.lock pyproject.toml --output-file deploy/requirements.lock
	echo hatchling | $(LOCK) --constraints requirements.lock - --output-file deploy/build.lock

clean:
	rm -rf $(VENV) .dossier
