# The development workflow. `make` alone lists what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Compiled once and kept, not by each of the hundred processes a run of the tests starts.
unexport PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE

PORT ?= 5000
JOBS ?= 2
ARGS ?=
VENV := .venv/bin

# The first Python of a version we support, else any: scripts/environment.py says what is wrong with it.
# Asked only when a command needs it; PYTHON=/path/to/python3.12 overrides.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$p && exit; done; \
	command -v python3 || command -v python || echo no-python)

.PHONY: help environment assets setup run test check format lock bench chaos pictures clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: NEEDS = --port $(PORT)
run: prepared ## start everything on http://127.0.0.1:5000 (PORT=… for another)
	@exec $(VENV)/python -m scripts.run --port $(PORT)

test: setup ## run every test (ARGS="tests/rules -k money" for some, JOBS=4 for more at once)
	@exec $(VENV)/python -m pytest -n $(JOBS) $(ARGS)

check: assets ## lint, types, imports, templates, words, migrations: under 40 s
	@exec $(VENV)/python -m scripts.check

setup: prepared ## prepare .venv, the built pages and the database, nothing else

format: environment ## rewrite code and translations in the one style
	@$(VENV)/ruff check --quiet --fix-only --select I .
	@$(VENV)/ruff format --quiet .
	@$(VENV)/python -m crm.translations tidy

lock: environment ## make requirements.lock anew from the two .in files (ARGS=--upgrade)
	@$(VENV)/python -m scripts.lock $(ARGS)

bench: setup ## measure against the floor and write var/bench.json (ARGS="--quick" for a small run)
	@exec $(VENV)/python -m tests.bench $(ARGS)

chaos: setup ## send 5,000 mails while everything breaks; some ten minutes (ARGS="--db sqlite")
	@exec $(VENV)/python -m tests.chaos $(ARGS)

pictures: setup ## take the pictures of the READMEs anew (ARGS=--all for every page into var/pages)
	@exec $(VENV)/python -m tests.browser.screenshots $(ARGS)

clean: ## remove what can be built again; your data in var/ stays
	@rm -rf frontend/dist frontend/node_modules crm/locale .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
	@test -L .venv || rm -rf .venv

.PHONY: prepared words
.NOTPARALLEL:
environment:
	@command -v $(firstword $(PYTHON)) >/dev/null || \
		{ echo "LianZhao: Python 3.11, 3.12 or 3.13 is needed and none is installed" >&2; exit 1; }
	@$(PYTHON) scripts/environment.py $(NEEDS)

assets: environment
	@$(VENV)/python -m scripts.assets

words: environment
	@$(VENV)/python -m crm.translations compile

prepared: assets words
	@$(VENV)/flask --app app prepare
