# Sendepause. `make up` starts everything on this machine, `make test` checks everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
DATA ?= $(CURDIR)/data
SECONDS_EACH ?= 60

export SENDEPAUSE_DATA ?= $(DATA)

.PHONY: help setup setup-dev up down clean test beside lint types laws unit with-airflow integration end-to-end bench evaluate fuzz pins docs

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# A stamp for each pinned file: a second `make` has nothing to install, a changed pin is installed.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; ok = (3, 11) <= v < (3, 15); \
	  sys.exit(0 if ok else "Python 3.11 to 3.14 is needed, this is %d.%d; try: make setup PYTHON=python3.12" % v)'
	@echo "Making the virtual environment $(VENV) ..."
	@if [ -n "$(UV)" ]; then "$(UV)" venv -q --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV); else $(PYTHON) -m venv $(VENV); fi
	@touch $@

define install
	@if [ -n "$(UV)" ]; then "$(UV)" pip install -q --python $(BIN)/python $(1); else $(BIN)/python -m pip install -q --disable-pip-version-check $(1); fi
endef

$(VENV)/.runtime: requirements.txt pyproject.toml $(VENV)/.made
	@echo "Installing the pinned packages (about 160; a minute or two) ..."
	$(call install,-r requirements.txt)
	$(call install,--no-deps -e .)
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	$(call install,-r requirements-dev.txt)
	@touch $@

setup: $(VENV)/.runtime ## Make the virtual environment

setup-dev: $(VENV)/.dev

up: setup ## Start Airflow with the board and the example company (PORT=8080)
	@exec $(BIN)/sendepause up --port $(PORT)

down: setup ## Stop what `make up` left running in the background
	@$(BIN)/sendepause down

clean: ## Remove what was made: data and virtual environment, after asking
	@echo "This deletes $(DATA) (store, ledger, events, example) and $(VENV)."
	@read -r -p "Really? Type yes: " answer && [ "$$answer" = yes ] || { echo "Nothing was deleted."; exit 1; }
	@if [ -x $(BIN)/sendepause ]; then $(BIN)/sendepause down; fi
	@rm -rf "$(DATA)" $(VENV)
	@echo "Deleted."

test: setup-dev ## Set up everything and run all checks and tests
	@$(MAKE) --no-print-directory -j2 --output-sync=target beside with-airflow

# What starts Airflow mostly waits: everything else runs beside it, and gives way.
beside: setup-dev
	@nice -n 10 $(MAKE) --no-print-directory -j1 lint types laws unit

lint: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .

types: setup-dev
	@$(BIN)/mypy

laws: setup-dev
	@$(BIN)/lint-imports --no-logo

unit: setup-dev ## The tests that need no Airflow
	@$(BIN)/pytest -n 2 --dist worksteal -m "not airflow and not e2e"

with-airflow: setup-dev
	@$(MAKE) --no-print-directory -j1 -k integration end-to-end

integration: setup-dev ## The tests that start parts of Airflow, campaign tools and all services of the compose file
	@if [ -n "$$CI" ]; then $(BIN)/python .ci/tools; fi
	@$(BIN)/pytest -m "airflow or e2e" --ignore tests/e2e

end-to-end: setup-dev ## The tests in a whole Airflow, with a browser and Slack's stand-in
	@$(BIN)/pytest tests/e2e

evaluate: setup-dev ## Hold the audit against the labelled streams
	@$(BIN)/python -m sendepause.audit.evaluate

# The peers of the bench want other versions of what Airflow pins: they get an environment of their own.
.venv-peers/.made: requirements-peers.txt
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install -q --disable-pip-version-check -r $< || echo "The other readers could not be installed: they are left out."
	@touch $@

bench: setup-dev .venv-peers/.made ## Measure; one JSON object on the last line
	@PYTHONPATH=. $(BIN)/python tests/bench.py

fuzz: setup-dev ## Fuzz every reader with atheris (SECONDS_EACH=60); needs a Python for which atheris has a wheel
	@test -e .fuzz || $(PYTHON) -m venv .fuzz
	@.fuzz/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt atheris
	@mkdir -p .fuzz/found && cd .fuzz/found && for kind in $$(cd ../../tests/fuzz && PYTHONPATH=../../include ../../.fuzz/bin/python -c 'import targets; print(*targets.KINDS)'); do \
	  echo "== $$kind"; mkdir -p $$kind && PYTHONPATH=../../include:../../tests/fuzz \
	  ../bin/python ../../tests/fuzz/run.py $$kind $$kind -max_total_time=$(SECONDS_EACH) -rss_limit_mb=1024 -timeout=20 -print_final_stats=1 || exit; done

docs: setup ## Write the generated parts of docs/ again
	@$(BIN)/python -m sendepause.docs

pins: ## Pin what the requirements*.in ask for (needs uv)
	uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" requirements.in -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" requirements-extras.in -o requirements-extras.txt
	uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" requirements-dev.in -o requirements-dev.txt
