# The developer's interface. `make run` needs Python 3.11 or newer and nothing else.

PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3; do \
	if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$each; break; fi; done)
# Looking up how each of the sources might be made by a rule of make's own took a sixth of a second of every start.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUNNABLE := $(VENV)/.runnable
COMPILED := $(VENV)/.compiled
SOURCES := $(shell find backend pacscribe_ui -name '*.py')
TESTABLE := $(VENV)/.testable
DATA_DIR ?= pacscribe-data
PORT ?= 8000
# Each takes the next file of tests when it is through with one. On two cores three have work for both: a test waits for a third of
# its time, for a server, a browser, or a process that is killed.
TEST_WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest --numprocesses=$(TEST_WORKERS) --dist=loadfile --no-loadscope-reorder

.PHONY: run test check bench endurance lock clean format format-check lint types types-backend types-ui contracts programs pages

run: $(RUNNABLE) $(COMPILED)
	$(BIN)/pacscribe serve --demo --data-dir $(DATA_DIR) --port $(PORT)

test: $(TESTABLE) programs pages
	$(PYTEST)

check: $(TESTABLE) programs pages format-check lint types
	$(PYTEST)

bench: $(TESTABLE) programs
	$(BIN)/python -m benchmarks

# The same tests as in every run, with the counts that are claimed: hundreds of kills, thousands of mutated files, every page at
# each width in both themes.
endurance: $(TESTABLE) programs pages
	PACSCRIBE_TEST_ENDURANCE=1 $(PYTEST) tests/endurance $$(grep --recursive --files-with-matches --include='test_*.py' \
	  --exclude-dir=endurance 'tests.endurance.counts import\|tests.browser.examiner import' tests)

format-check: $(TESTABLE)
	$(BIN)/ruff format --check .

lint: $(TESTABLE)
	$(BIN)/ruff check .

types: types-backend types-ui

types-backend: $(TESTABLE)
	$(BIN)/mypy

types-ui: $(TESTABLE)
	$(BIN)/basedpyright

# The tests hold them too.
contracts: $(TESTABLE)
	$(BIN)/lint-imports

format: $(TESTABLE)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lower bounds are in pyproject.toml; addresses of package indexes stay out of the locks.
lock: $(TESTABLE)
	$(PIP) install uv
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
		--group build -o requirements.lock pyproject.toml
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
		--group build --group dev -o requirements-dev.lock pyproject.toml

# Chromium, PostgreSQL and others that tests work with; as root on Debian they are installed, elsewhere their absence is said.
programs:
	@sh tests/need-programs.sh

# Built before the tests, or every worker would wait for the one that builds them; and while what tests need is installed.
pages: $(RUNNABLE) $(COMPILED)
	@$(BIN)/python -c "from backend.cli import front_end; front_end.ensure_built()"

clean:
	rm -rf .web .states .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
		assets/external test-results benchmarks/results

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "PACScribe needs Python 3.11 or newer." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNNABLE): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what PACScribe needs (once, a few minutes)..."
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TESTABLE): requirements-dev.lock $(RUNNABLE)
	@echo "Installing what its tests need..."
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Where Python is told to write no byte code, every start would compile again what has changed.
$(COMPILED): $(SOURCES) | $(VENV)/bin/python
	@$(BIN)/python -m compileall -q backend pacscribe_ui
	@touch $@
