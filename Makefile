# One word per job. `make` alone lists them.
#
# Needs: Python 3.11 or later and make. Everything else is installed into .venv from the hash-pinned lock.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VENV ?= .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
UV_VERSION := uv>=0.13,<0.14
CODE := vio groups sessions_app checkins
# Microseconds of a Python for some plain work.
PACE = import time, timeit; \
	print(int(min(timeit.repeat("{str(n): [n, n * 2] for n in range(20000)}", timer=time.process_time, number=1, repeat=9)) * 1e6))
# Options for vio up and pytest: make run ARGS="--port 9000", make test ARGS="-k hours".
ARGS ?=
# Everything a production start needs, so that the deploy check sees what production sees.
PRODUCTION = VIO_DEBUG=0 VIO_ORIGINS=https://vio.example VIO_ALLOWED_HOSTS=vio.example \
	VIO_SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')

.PHONY: help setup run test twelve lint types check fmt bench faults browser

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(READY) ## Install everything into .venv (again only when the lock has changed)

run: $(READY) ## Start the whole stack with the demo program; Ctrl-C stops it and keeps the data
	@exec $(VENV)/bin/vio up --demo $(ARGS)

test: $(READY) browser ## Run all tests, with real PostgreSQL, Redis and browser
	@$(PY) -m pytest -n 2 --dist loadfile $(ARGS)

twelve: $(READY) browser ## Twelve people with four cameras through Janus: wants the machine for itself
	@$(PY) -m pytest -q tests/browser/twelve_people.py $(ARGS)

lint: $(READY) ## Check format, style and templates
	@$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m djlint --lint --quiet $(CODE)

types: $(READY) ## Check types, strictly
	@VIO_DEBUG=1 $(PY) -m mypy

check: lint types browser ## What CI runs: lint, types, guards, all tests, pending migrations, deploy check
	@echo "check: migrations and deploy settings"
	$(PRODUCTION) $(PY) -m tests.services manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) -m tests.services manage.py check --deploy --fail-level WARNING
	echo "check: tests (the guards in tests/guards among them; none may be skipped)"
	VIO_TEST_STRICT=1 $(PY) -m pytest -n 2 --dist loadfile $(ARGS)

faults: $(READY) ## Break everything under a running stack: one line per requirement (ARGS="--only RT-2 --seed 7", "--list")
	@$(PY) -m faults $(ARGS)

bench: $(READY) ## Measure speed beside reference servers; ARGS="--quick" is shorter; writes docs/benchmarks.md
	@$(PY) -m bench $(ARGS)

fmt: $(READY) ## Format code
	@$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

# Set up: find a Python, make the environment, install exactly what the lock names. Where there are several of one version, the
# quickest: the same Python is a third slower where it was built without the optimisations that its makers recommend.
$(READY): requirements/dev.lock
	@python= least= seen=
	for name in python3.11 python3.12 python3.13 python3.14 python3; do
	  for found in $$(type -ap "$$name"); do
	    "$$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
	    seen=$$found
	    "$$found" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue
	    took=$$("$$found" -c '$(PACE)') || continue
	    if [ -z "$$least" ] || [ "$$took" -lt "$$least" ]; then python=$$found least=$$took; fi
	  done
	  [ -z "$$python" ] || break
	done
	if [ -z "$$seen" ]; then
	  echo "vio needs Python 3.11 or later; none was found (tried python3.11 to python3.14 and python3)." >&2; exit 1
	fi
	if [ -z "$$python" ]; then
	  echo "$$seen cannot make environments; install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1
	fi
	echo "setup: installing into $(VENV) with $$("$$python" --version)"
	[ -x $(PY) ] || "$$python" -m venv $(VENV)
	tools=$(VENV)/.tools
	[ -x $$tools/bin/uv ] || { "$$python" -m venv $$tools && $$tools/bin/python -m pip install --quiet --disable-pip-version-check '$(UV_VERSION)'; }
	export VIRTUAL_ENV=$$(cd $(VENV) && pwd)
	$$tools/bin/uv pip sync --quiet --require-hashes requirements/dev.lock
	$$tools/bin/uv pip install --quiet --no-build-isolation --no-deps --editable .
	touch $(READY)

# The browser tests drive Chromium, and picture and sound through a relay (coturn) and a media server (janus): Debian's packages.
browser:
	@missing=
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$$missing chromium"
	command -v turnserver >/dev/null || missing="$$missing coturn"
	command -v janus >/dev/null || missing="$$missing janus"
	[ -n "$$missing" ] || exit 0
	if ! command -v apt-get >/dev/null; then
	  echo "The tests need$$missing on the PATH and apt-get is not here to install it." >&2; exit 1
	fi
	echo "setup: installing$$missing for the browser tests"
	root=; [ "$$(id -u)" = 0 ] || root=sudo
	if [ -n "$$root" ] && ! command -v sudo >/dev/null; then
	  echo "The tests need$$missing: run 'apt-get install -y$$missing' as root." >&2; exit 1
	fi
	{ $$root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq$$missing; } >/dev/null
