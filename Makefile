# Two commands for a newcomer: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
VENV  := .venv
BIN   := $(VENV)/bin
ARGS  ?=
# More than this machine may have processors, for many tests wait; see tests/order.py.
AT_ONCE := -n 4 --dist worksteal
# The tests start some hundred processes: none of them need compile the modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help wheel demo test pytest lint format types imports messages lock clean bench conformance openbadges pictures threats audit sbom chaos soak site guide

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/runtime ## the main job, end to end, against two sandboxes (ARGS="--once --json" passes options)
	@$(BIN)/lms-bridge demo $(ARGS)

test: $(VENV)/development lint types imports ## everything that must hold before a change lands
	@scripts/install-browser
	@$(BIN)/pytest -m "slow or not slow" --hypothesis-profile all $(AT_ONCE)

pytest: $(VENV)/development ## the quick tests only (ARGS passes options to pytest)
	@$(BIN)/pytest $(AT_ONCE) $(ARGS)

lint: $(VENV)/development
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

format: $(VENV)/development ## put the code in its standard form
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .

types: $(VENV)/development
	@$(BIN)/mypy

imports: $(VENV)/development
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

bench: $(VENV)/development ## how fast it is, held against other servers and bare loops
	@$(BIN)/python -m benchmarks $(ARGS)

threats: $(VENV)/development ## take each protection of docs/security.md away, and see its test fail (ARGS names lines)
	@$(BIN)/python -m tests.security.bare $(ARGS)

audit: ## are there advisories about what the lock files name (needs the Internet, and pip-audit)
	pip-audit --strict --require-hashes --disable-pip -r requirements.lock
	pip-audit --strict --require-hashes --disable-pip -r requirements-dev.lock

sbom: ## write sbom.json, what a bridge is made of, as CycloneDX (needs cyclonedx-py)
	cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-format JSON --output-file sbom.json

chaos: $(VENV)/development ## everything goes wrong, by lot and together (ARGS="--minutes 30 --database postgresql")
	@$(BIN)/python -m tests.chaos.storm $(ARGS)

soak: $(VENV)/development ## half of the most that it can take, for long (ARGS="--hours 2")
	@$(BIN)/python -m tests.chaos.soak $(ARGS)

conformance: $(VENV)/development ## ADL's test suite for an LRS (SUITE=folder with it; see docs/xapi.md)
	@$(BIN)/python -m tests.e2e.conformance $(SUITE) $(ARGS)

pictures: $(VENV)/development ## a picture of every page of the console, in the folder pictures/
	@scripts/install-browser
	@$(BIN)/python -m tests.console.pictures pictures $(ARGS)

site: $(VENV)/development ## the documentation as a site, in the folder .venv/site
	@$(BIN)/python -m sphinx -q -W --keep-going -b html -c site . $(VENV)/site
	@echo "$(VENV)/site/site/index.html"

guide: $(VENV)/development ## the pictures in the guide for HR, anew: docs/pictures/
	@scripts/install-browser
	@$(BIN)/python -m tests.console.pictures docs/pictures --guide

openbadges: $(VENV)/development ## have our badges verified by libraries for JavaScript (needs Node)
	@$(BIN)/python -m tests.openbadges.by_javascript

wheel: $(VENV)/runtime ## all that a server needs to have it installed with pip, in dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build -t wheel -d dist
	@cp -R requirements.lock examples dist/

messages: $(VENV)/development ## bring the translations up to date: lms_bridge/locales/
	@$(BIN)/pybabel -q extract --mapping babel.cfg --keyword mark --no-wrap --sort-by-file --add-location file --project lms-bridge --msgid-bugs-address "the authors of lms-bridge" --output-file $(VENV)/messages.pot .
	@$(BIN)/pybabel -q update --input-file $(VENV)/messages.pot --output-dir lms_bridge/locales --locale id --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel -q compile --directory lms_bridge/locales --locale id

lock: ## write the lock files anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra build --generate-hashes --universal --python-version 3.11 --quiet --upgrade --output-file requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --generate-hashes --universal --python-version 3.11 --quiet --upgrade --output-file requirements-dev.lock

clean: ## forget the virtual environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The two environments are one folder; `runtime` has what a bridge needs, `development` adds the tools.
$(VENV)/bin/python:
	@scripts/make-venv $(VENV)

$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@scripts/install $(VENV) requirements.lock
	@touch $@

$(VENV)/development: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@scripts/install $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/runtime
