# run · test · check · bench · bench-booking · bench-media · prove-payments · prove-calls · fuzz · texts · package · lock
# Each sets up what it needs, and no more than once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMPS := build/stamps
INSTALLED := $(VENV)/.installed
MODULES := node_modules/.installed
VENDOR := $(STAMPS)/vendor
TEXTS := $(STAMPS)/texts
CHROMIUM := $(STAMPS)/chromium
COTURN := $(STAMPS)/coturn
JANUS := $(STAMPS)/janus
NAMESPACES := $(STAMPS)/namespaces
CATALOGUES := $(shell find chalicelib/web/texts -name '*.po' 2>/dev/null)
SOURCES := $(shell find chalicelib/web/static/js chalicelib/web/static/css chalicelib/web/templates -type f)
OFFICE := $(INSTALLED) $(VENDOR) $(TEXTS)

.PHONY: help run test check bench bench-booking bench-media prove-payments prove-calls fuzz texts package lock

help:
	@echo "make run              the whole office on this machine; make run PORT_BASE=8800 for a second one"
	@echo "make test             all tests, browsers included"
	@echo "make check            lint, types, arrows, fast tests"
	@echo "make bench            requests, weights, times"
	@echo "make bench-booking    64 bookers at once, with faults"
	@echo "make bench-media      the media worker against Janus, on two cores (as root: it makes network namespaces)"
	@echo "make prove-payments   notices in all orders"
	@echo "make prove-calls      keys swapped, calls attacked, workers killed and drained under calls (as root)"
	@echo "make fuzz             a million broken packets for each parser of the media worker"
	@echo "make package          the zips that Lambda runs: the office, and the printer of receipts"
	@echo "make texts            compile the message catalogues"
	@echo "make lock             lock the dependencies; make lock UPGRADE=1 takes the newest"

run: $(OFFICE)
	@exec $(PY) -m local

# Three runs: a browser's loop and asyncio's cannot share a process, and the whole office wants the machine to itself.
test: $(OFFICE) $(CHROMIUM) $(NAMESPACES) $(COTURN)
	$(PY) -m pytest -n 2 --dist loadfile -m "not browser and not office"
	$(PY) -m pytest -n 2 --dist loadfile -m "browser and not office"
	$(PY) -m pytest -m office

check: $(OFFICE) $(COTURN)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	node_modules/.bin/tsc --project tsconfig.json
	$(PY) -m pytest -n 2 --dist loadfile -m "not browser and not office and not aws"

bench: $(OFFICE) $(CHROMIUM)
	$(PY) -m benchmarks.bench

bench-booking: $(INSTALLED)
	$(PY) -m benchmarks.bench_booking

# Relays get network namespaces, which only root may make.
bench-media: $(INSTALLED) $(JANUS)
	$$([ "$$(id -u)" = 0 ] || echo sudo) $(PY) -m benchmarks.bench_media

prove-payments: $(INSTALLED)
	$(PY) -m benchmarks.prove_payments

# As bench-media: the worker under attack gets a network namespace.
prove-calls: $(OFFICE) $(CHROMIUM) $(NAMESPACES)
	$$([ "$$(id -u)" = 0 ] || echo sudo) $(PY) -m benchmarks.prove_calls

fuzz: $(INSTALLED)
	$(PY) -m benchmarks.fuzz

texts: $(INSTALLED)
	$(PY) -m local.texts

package: $(OFFICE)
	$(PY) -m local.package build/lambda

# Hashes but no addresses: whoever installs chooses the registry. Versions stay unless UPGRADE=1.
# The whole is locked first and constrains its parts: what Lambda and the worker run is what was tested.
LOCK = $(PY) -m uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --allow-unsafe --quiet $(if $(UPGRADE),--upgrade)

lock: $(INSTALLED)
	$(LOCK) requirements-dev.in --output-file requirements-dev.txt
	for name in requirements requirements-receipts media_worker/requirements; do \
	  $(LOCK) --constraints requirements-dev.txt $$name.in --output-file $$name.txt; \
	done
	npm install --package-lock-only --ignore-scripts

$(INSTALLED): requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; install it, or name it: make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, and $(PYTHON) is older; name another: make PYTHON=python3.11"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || \
	  { echo "Python cannot make an environment; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(MODULES): package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 or newer with npm is needed; install it first"; exit 1; }
	npm ci --ignore-scripts --silent
	@touch $@

$(VENDOR): $(MODULES) $(INSTALLED) local/assets.py local/design_system.py local/modules.py $(SOURCES)
	$(PY) -m local.assets
	@mkdir -p $(@D) && touch $@

$(TEXTS): $(CATALOGUES) $(INSTALLED) local/texts.py
	$(PY) -m local.texts
	@mkdir -p $(@D) && touch $@

$(CHROMIUM):
	@if ! command -v chromium >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null; then as_root="sudo"; \
	  else echo "The tests drive Debian's chromium; install it as root: apt-get install chromium"; exit 1; fi; \
	  command -v apt-get >/dev/null || { echo "The tests drive chromium; install it, apt-get is not here"; exit 1; }; \
	  $$as_root apt-get update -qq && $$as_root apt-get install -y -qq --no-install-recommends chromium; \
	fi
	@mkdir -p $(@D) && touch $@

# Not started as a service: the tests run one of their own.
$(COTURN):
	@if ! command -v turnserver >/dev/null || ! command -v openssl >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null; then as_root="sudo"; \
	  else echo "Install as root: apt-get install --no-install-recommends coturn openssl"; exit 1; fi; \
	  command -v apt-get >/dev/null || { echo "Install coturn and openssl; apt-get is not here"; exit 1; }; \
	  $$as_root apt-get update -qq && \
	    $$as_root env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends coturn openssl; \
	fi
	@mkdir -p $(@D) && touch $@

$(NAMESPACES):
	@missing=""; for pair in ip:iproute2 gcc:gcc taskset:util-linux; do \
	  command -v $${pair%:*} >/dev/null || missing="$$missing $${pair#*:}"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null; then as_root="sudo"; \
	  else echo "Install as root: apt-get install --no-install-recommends$$missing libc6-dev"; exit 1; fi; \
	  command -v apt-get >/dev/null || { echo "Install$$missing; apt-get is not here"; exit 1; }; \
	  $$as_root apt-get update -qq && $$as_root apt-get install -y -qq --no-install-recommends$$missing libc6-dev; \
	fi
	@mkdir -p $(@D) && touch $@

# Debian's package starts Janus as a service, which nobody here asked for.
$(JANUS):
	@missing=""; for pair in janus:janus ip:iproute2 gcc:gcc taskset:util-linux; do \
	  command -v $${pair%:*} >/dev/null || missing="$$missing $${pair#*:}"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null; then as_root="sudo"; \
	  else echo "Install as root: apt-get install --no-install-recommends$$missing"; exit 1; fi; \
	  command -v apt-get >/dev/null || { echo "Install$$missing; apt-get is not here"; exit 1; }; \
	  $$as_root apt-get update -qq && $$as_root apt-get install -y -qq --no-install-recommends$$missing libc6-dev; \
	  case "$$missing" in *janus*) $$as_root systemctl disable --quiet --now janus 2>/dev/null || true;; esac; \
	fi
	@mkdir -p $(@D) && touch $@
