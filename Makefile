# demo, test, serve, check, bench, chaos: each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=


.PHONY: chaos chaos-redis faults guards conformance demo test serve check bench states docs setup browser node redis clean hostile npm bench-full bench-check bench-peers bench-eta bench-profile compiler

setup: $(READY)

$(READY): pyproject.toml client_sdk/python/pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ./client_sdk/python -e '.[dev]'
	@touch $(READY)

demo: setup
	@$(BIN)/jindu demo $(ARGS)

serve: setup
	@$(BIN)/jindu serve $(ARGS)

test: setup npm check browser compiler redis
	@$(BIN)/pytest -n 2 $(ARGS)

# The tests in a browser need a Chromium; where none may be installed they are skipped.
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name && exit; done >/dev/null; \
	false \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing chromium ..." \
	&& { apt-get install -yqq --no-install-recommends chromium \
	|| { apt-get update -qq && apt-get install -yqq --no-install-recommends chromium; }; } >/dev/null 2>&1 </dev/null; } \
	|| echo "no chromium here, and none could be installed: the tests in a browser are skipped"

# The examples in JavaScript need Node.js; where none may be installed they are skipped.
node:
	@command -v node >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing nodejs ..." \
	&& { apt-get install -yqq --no-install-recommends nodejs \
	|| { apt-get update -qq && apt-get install -yqq --no-install-recommends nodejs; }; } >/dev/null 2>&1 </dev/null; } \
	|| echo "no node here, and none could be installed: the examples in JavaScript are skipped"

# The JavaScript client's tests need npm's packages, by name and version as its package.json has them; without Node.js they are skipped.
NPM := client_sdk/javascript/node_modules
PAGE := server/jindu/web/static
npm: node
	@command -v node >/dev/null || exit 0; \
	command -v npm >/dev/null || { [ "$$(id -u)" = 0 ] && echo "installing npm ..." \
	&& apt-get install -yqq --no-install-recommends npm >/dev/null 2>&1 </dev/null; }; \
	[ $(NPM)/.ready -nt client_sdk/javascript/package.json ] || { echo "installing packages of the JavaScript client ..." \
	&& npm --prefix client_sdk/javascript install --no-package-lock --no-audit --no-fund --loglevel=error >/dev/null \
	&& touch $(NPM)/.ready; } || echo "npm could install nothing: the tests of the JavaScript client are skipped"

# The tests of several nodes need a redis-server; where none may be installed they are skipped.
redis:
	@command -v redis-server >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing redis-server ..." \
	&& { apt-get install -yqq --no-install-recommends redis-server \
	|| { apt-get update -qq && apt-get install -yqq --no-install-recommends redis-server; }; } >/dev/null 2>&1 </dev/null; } \
	|| echo "no redis-server here, and none could be installed: the tests of several nodes are skipped"

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive server client_sdk/python
	@PYTHONPATH=tests $(BIN)/python -m support.promises --check
	@PYTHONPATH=tests $(BIN)/python -m support.dead_code
	@PYTHONPATH=tests $(BIN)/python -m support.docstrings
	@[ ! -x $(NPM)/.bin/eslint ] || (cd client_sdk/javascript && node_modules/.bin/eslint .)
	@[ ! -x $(NPM)/.bin/eslint ] || (cd $(PAGE) && $(CURDIR)/$(NPM)/.bin/eslint --config $(CURDIR)/client_sdk/javascript/eslint.page.js app)
	@[ ! -x $(NPM)/.bin/eslint ] || (cd examples && $(CURDIR)/$(NPM)/.bin/eslint --config $(CURDIR)/client_sdk/javascript/eslint.examples.js .)

chaos: setup
	@CHAOS_KILLS=200 CHAOS_EXAMPLES=500 $(BIN)/pytest -p no:xdist tests/chaos tests/engine/test_state_machine.py $(ARGS)

guards: setup
	@PYTHONPATH=tests $(BIN)/python -m guards.run $(ARGS)

faults: setup
	@FAULT_SCHEDULES=100 $(BIN)/pytest -p no:xdist tests/client_python/test_schedules.py $(ARGS)

chaos-redis: setup redis
	@CHAOS_SECONDS=120 CHAOS_JOBS=300 $(BIN)/pytest -p no:xdist tests/chaos/test_nodes.py tests/chaos/test_redis_faults.py $(ARGS)

conformance: setup
	@PYTHONPATH=tests $(BIN)/python -m conformance.run

hostile: setup npm
	@SCHEDULES=100 $(BIN)/pytest -p no:xdist -s --timeout 0 tests/client_javascript/test_javascript.py -k random_faults $(ARGS)

# The load clients of the benchmarks are written in C.
compiler:
	@command -v gcc >/dev/null || command -v cc >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing gcc ..." \
	&& { apt-get install -yqq --no-install-recommends gcc libc6-dev \
	|| { apt-get update -qq && apt-get install -yqq --no-install-recommends gcc libc6-dev; }; } >/dev/null 2>&1 </dev/null; } \
	|| echo "no C compiler here, and none could be installed: the benchmarks and their test need one"

# Some minutes; `make bench-full` about an hour, with plots. Peers are measured where `make bench-peers` has installed them.
bench: setup compiler
	@$(BIN)/python -m benchmarks $(ARGS)

bench-full: setup compiler
	@$(BIN)/python -m benchmarks --full $(ARGS)

# Fails when a ratio to a neighbour of the same run is 20 % worse than in benchmarks/baseline.json.
bench-check: setup compiler
	@$(BIN)/python -m benchmarks --check $(ARGS)

bench-profile: setup compiler
	@$(BIN)/python -m benchmarks.profiles

# How well the end of a job is told, replayed over recorded runs of real programs (benchmarks/eta/record.py made them).
bench-eta: setup
	@$(BIN)/python -m benchmarks.eta.replay $(ARGS)

bench-peers: setup
	@PYTHON=$(PYTHON) benchmarks/install-peers.sh

states: setup
	@$(BIN)/python -m jindu.core.chart > server/STATES.md

docs: setup
	@$(BIN)/python -m jindu.cli.settings_texts docs/settings.md config/jindu.toml
	@PYTHONPATH=tests $(BIN)/python -m support.promises
	@$(BIN)/python -m jindu.web.document.typescript client_sdk/javascript/jindu-protocol.d.ts
	@$(BIN)/python -m jindu.cli.errors_text docs/errors.md
	@$(BIN)/python -m jindu.monitor.report_schema server/jindu/monitor/warmup-report.schema.json
	@$(BIN)/python -m jindu.cli.reference_text docs/cli-reference.md
	@PYTHONPATH=tests $(BIN)/python -m support.metrics_text
	@PYTHONPATH=tests $(BIN)/python -m support.page_sdk

clean:
	rm -rf .venv
