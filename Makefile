# demo, test, serve, check, bench, chaos: each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=


.PHONY: chaos chaos-redis conformance demo test serve check bench states docs setup browser node redis clean

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

test: setup check browser node redis
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

chaos: setup
	@CHAOS_KILLS=200 CHAOS_EXAMPLES=500 $(BIN)/pytest -p no:xdist tests/chaos tests/engine/test_state_machine.py $(ARGS)

chaos-redis: setup redis
	@CHAOS_SECONDS=120 CHAOS_JOBS=300 $(BIN)/pytest -p no:xdist tests/chaos/test_nodes.py tests/chaos/test_redis_faults.py $(ARGS)

conformance: setup
	@PYTHONPATH=tests $(BIN)/python -m conformance.run

bench: setup
	@$(BIN)/python benchmarks/first.py $(ARGS)

states: setup
	@$(BIN)/python -m jindu.core.chart > server/STATES.md

docs: setup
	@$(BIN)/python -m jindu.cli.settings_texts docs/settings.md config/jindu.toml
	@PYTHONPATH=tests $(BIN)/python -m support.promises
	@$(BIN)/python -m jindu.web.document.typescript client_sdk/javascript/jindu-protocol.d.ts
	@$(BIN)/python -m jindu.cli.errors_text docs/errors.md

clean:
	rm -rf .venv
