# What can be done with Porth from its source. `make run` needs Python 3.11+, Node (for npm) and Perl, and no root.
# Set-up talks on standard error only: the output of a command is its own.

PYTHON ?= python3
ARGS ?=
# Processes that the tests run in, and how many tests may fail before the rest is not worth the wait.
TEST_PROCESSES ?= 2
TEST_FAILURES ?= 25

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
NODE_INSTALLED := node_modules/.installed
NODE_INSTALLED_DEV := node_modules/.installed-dev

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SELF_INSTALL := $(PIP_INSTALL) --no-build-isolation --no-deps --editable .
PYTEST := $(BIN)/pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --maxfail $(TEST_FAILURES)

.PHONY: setup setup-dev run demo test test-full check format bench chaos screenshots lock clean tools
.DELETE_ON_ERROR:

run: setup
	@$(BIN)/porth run $(ARGS)

demo: setup
	@$(BIN)/porth demo $(ARGS)

setup: tools $(INSTALLED) $(NODE_INSTALLED)

setup-dev: tools $(INSTALLED_DEV) $(NODE_INSTALLED_DEV)

test: setup-dev
	@$(PYTEST) -m "not slow" $(ARGS)

test-full: setup-dev
	@$(PYTEST) $(ARGS)

check: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup-dev
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

bench: setup-dev
	@$(BIN)/python -m benchmarks $(ARGS)

chaos: setup-dev
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

screenshots: setup-dev
	@PYTHONPATH=. $(BIN)/python docs/screenshots.py $(ARGS)

# Newer versions of everything, with hashes and without the name of any package index. Needs uv.
LOCK := uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock:
	$(LOCK) --output-file requirements.txt pyproject.toml
	$(LOCK) --constraints requirements.txt --extra dev --output-file requirements-dev.txt pyproject.toml
	npm update --package-lock-only

clean:
	rm -rf $(VENV) node_modules build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@echo "The data in var/ is still there. Remove it yourself if you mean to." >&2

tools:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Porth needs Python 3.11 or later as $(PYTHON). If it has another name here: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "Porth needs npm, which comes with Node.js 18 or later: its design system, dictionary and picture tool are Node packages." >&2; exit 1; }
	@perl -e 'use 5.010' 2>/dev/null || { echo "Porth needs Perl: it runs exiftool, which reads the data hidden in pictures." >&2; exit 1; }

$(BIN)/python:
	@echo "Making a virtual environment in $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV) >&2

$(INSTALLED): requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the Python packages ..." >&2
	@$(PIP_INSTALL) --require-hashes --requirement requirements.txt >&2
	@$(SELF_INSTALL) >&2
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the Python packages, with those for tests ..." >&2
	@$(PIP_INSTALL) --require-hashes --requirement requirements-dev.txt >&2
	@$(SELF_INSTALL) >&2
	@touch $(INSTALLED) $@

# npm ci begins by removing node_modules, so what the tests need is kept where it was there.
$(NODE_INSTALLED): package.json package-lock.json
	@echo "Installing the Node packages ..." >&2
	@if [ -e $(NODE_INSTALLED_DEV) ]; then npm ci --no-progress --loglevel=error && touch $(NODE_INSTALLED_DEV); else npm ci --no-progress --loglevel=error --omit=dev; fi >&2
	@touch $@

$(NODE_INSTALLED_DEV): package.json package-lock.json
	@echo "Installing the Node packages, with those for tests ..." >&2
	@npm ci --no-progress --loglevel=error >&2
	@touch $(NODE_INSTALLED) $@
