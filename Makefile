# demo, test, serve, check, bench: each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=

.PHONY: demo test serve check bench states setup clean

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

test: setup check
	@$(BIN)/pytest -n 2 $(ARGS)

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup
	@$(BIN)/python benchmarks/first.py $(ARGS)

states: setup
	@$(BIN)/python -m jindu.core.chart > server/STATES.md

clean:
	rm -rf .venv
