# oracle_api: `make` lists what there is to do.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BENCH  := .venv-bench
# Of npm only the tests need something; where there is none, they are skipped.
NPM    := $(if $(shell command -v npm 2>/dev/null),tests/node_modules/npm.stamp)

# Tests wait more than they compute.
TESTERS := $(shell $(PYTHON) -c 'import os; print(min(8, 2 * (os.cpu_count() or 1)))')

.DEFAULT_GOAL := help
.PHONY: help install run test reliability cluster cluster-faults bench bench-quick lint audit format docs
.PHONY: types-doc postman clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/run.stamp: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-cluster.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

tests/node_modules/npm.stamp: tests/package.json tests/package-lock.json
	@npm ci --prefix tests --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	@touch $@

# Apart, so that neither the service nor its tests come to need what is there.
$(BENCH)/bench.stamp: requirements.txt requirements-bench.txt
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

install: $(VENV)/run.stamp ## make the virtual environment

run: $(VENV)/run.stamp ## serve on port 8080: with .env, or with the embedded database
	@if [ -f "$${ENV_FILE:-.env}" ]; then \
	   echo "oracle_api with the settings of $${ENV_FILE:-.env}"; \
	 else \
	   export ORACLE_DSN=embedded API_TOKEN="$${API_TOKEN:-demo}" HOST="$${HOST:-127.0.0.1}" PORT="$${PORT:-8080}"; \
	   echo "No .env here: oracle_api with its embedded database."; \
	   echo "  address  http://127.0.0.1:$$PORT"; \
	   echo "  token    $$API_TOKEN"; \
	   echo "  pages    http://127.0.0.1:$$PORT/ (jobs), http://127.0.0.1:$$PORT/docs (the API)"; \
	   echo "  try      curl -H 'Authorization: Bearer $$API_TOKEN' -H 'Content-Type: application/json' \\"; \
	   echo "             -d '{\"name\": \"SUMA_SIMPLE\", \"params\": {\"a\": 1, \"b\": 2}}' \\"; \
	   echo "             http://127.0.0.1:$$PORT/procedure"; \
	 fi; \
	 exec $(BIN)/gunicorn wsgi:app

test: $(VENV)/dev.stamp $(NPM) ## run the whole test suite
	@tests/servers/install.sh || true
	@$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist worksteal

cluster: $(VENV)/dev.stamp ## serve by a whole cluster on this machine, to try it: port 8080
	@tests/servers/install.sh nginx:nginx-light || true
	@exec $(BIN)/python -m tests.cluster.trial

reliability: $(VENV)/dev.stamp ## let things break under load, and write docs/reliability.md anew
	@RELIABILITY_REPORT=docs/reliability.md $(BIN)/python -m pytest tests/integration/test_chaos.py

cluster-faults: $(VENV)/dev.stamp ## break a cluster of hosts under load (root), and write docs/reliability-cluster.md
	@tests/servers/install.sh
	@CLUSTER_REPORT=docs/reliability-cluster.md $(BIN)/python -m pytest tests/cluster/test_faults.py

bench: $(BENCH)/bench.stamp ## measure the service, and write docs/performance.md anew
	@$(BENCH)/bin/python -m tests.bench --docs

bench-quick: $(BENCH)/bench.stamp ## prove in two minutes that what `make bench` does works
	@$(BENCH)/bin/python -m tests.bench --quick > /dev/null

lint: $(VENV)/dev.stamp ## check style, types and the arrows of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@MYPYPATH=docs/examples/python $(BIN)/mypy docs/examples/python
	@$(BIN)/shellcheck --external-sources docs/examples/shell/*.sh
	@$(BIN)/lint-imports

audit: $(VENV)/dev.stamp ## ask PyPI for known vulnerabilities of what the service runs on
	@$(BIN)/pip-audit --requirement requirements.txt --no-deps --disable-pip --progress-spinner off

format: $(VENV)/dev.stamp ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/dev.stamp ## make the documentation site in docs/_build/html; a warning is an error
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky --fresh-env docs docs/_build/html

types-doc: $(VENV)/dev.stamp ## write docs/types.md from what the service answers
	@$(BIN)/python -m tests.integration.type_table > docs/types.new && mv docs/types.new docs/types.md

postman: $(VENV)/dev.stamp ## write docs/postman/ from the OpenAPI document
	@$(BIN)/python -m tests.postman.collection

clean: ## remove what the other targets made
	rm -rf $(VENV) $(BENCH) docs/_build tests/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
