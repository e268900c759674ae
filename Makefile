# One set-up, run once: everything below works on a machine with Python 3.11+ and make.
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
STAMP := .venv/.ready
ASSETS := training_tracker/web/static/.ready

help: ## list what make can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/uv: requirements/uv.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(STAMP): $(BIN)/uv requirements/dev.txt pyproject.toml
	VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip sync --quiet --require-hashes requirements/dev.txt
	VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(ASSETS): $(STAMP) package-lock.json scripts/assets.py $(wildcard training_tracker/web/style/*)
	$(BIN)/python scripts/assets.py

setup: $(STAMP) $(ASSETS) ## virtual environment, locked dependencies, front-end assets

demo: setup ## a fresh invented region on http://127.0.0.1:8000 (PORT=8080 for another port)
	$(BIN)/training-tracker demo --port $(PORT)

serve: setup ## web and scheduler, with the settings of your environment
	$(BIN)/training-tracker serve --port $(PORT)

# SQLite prepares the engine's statement on each new connection, and tests open thousands: memory that is kept instead
# of given back, and not put together again in between, takes two fifths off that. Where there is no glibc, nobody reads it.
test: export GLIBC_TUNABLES = glibc.malloc.mxfast=0:glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=268435456:glibc.malloc.top_pad=16777216
test: setup ## the whole test suite, on SQLite and PostgreSQL, with a real browser
	$(BIN)/python scripts/browser.py
	$(BIN)/pytest -n 3 --dist loadgroup tests

prove: setup ## the engine against its oracle on 10,000 random histories, on both databases (about an hour)
	TRACKER_TEST_HISTORIES=10000 $(BIN)/pytest -n 2 tests/standing/test_against_the_oracle.py

faults: setup ## 5,000 messages from two workers that are killed 400 times, on both databases; prints second copies
	TRACKER_TEST_MESSAGES=5000 TRACKER_TEST_KILLS=400 $(BIN)/pytest -s tests/faults/test_kills.py

year: setup ## a whole year of the demo region, on both databases, with a referee who reads every e-mail (some hours)
	TRACKER_TEST_WHOLE_YEAR=1200 $(BIN)/pytest -n 2 tests/journeys/test_simulated_year.py

check: setup ## everything CI checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/yamllint --strict compose.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(BIN)/hadolint Dockerfile
	$(BIN)/python scripts/locks.py --check
	$(BIN)/python scripts/settings_page.py --check
	$(BIN)/python scripts/permissions_table.py --check
	$(MAKE) --no-print-directory test

format: setup ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## what the machine can do, beside a plain reference in the same run
	$(BIN)/python -m bench
	$(BIN)/python -m bench.standing

mutants: setup ## small changes to the engine and the rules that no test notices (PARTS="terms status" for some files)
	nice $(BIN)/python -m scripts.mutants $(PARTS)

audit: setup ## known holes in what is locked, where the advisories can be reached
	$(BIN)/python -m scripts.audit

locks: $(BIN)/uv ## write the locked, hashed requirements anew from pyproject.toml
	$(BIN)/python scripts/locks.py

settings: setup ## write docs/settings.md, .env.example and the table in docs/access.md anew from the program
	$(BIN)/python scripts/settings_page.py
	$(BIN)/python scripts/permissions_table.py

wheel: setup ## the wheel, installed in an empty environment and started once
	$(BIN)/python scripts/wheel.py

screenshots: setup ## pictures of the pages and e-mails, into var/screenshots
	$(BIN)/python scripts/browser.py
	$(BIN)/python -m scripts.screenshots

clean: ## remove what set-up, tests and the demo made; your own database in var/ stays
	rm -rf .venv node_modules var/demo var/screenshots dist .pytest_cache .mypy_cache .ruff_cache .hypothesis training_tracker/web/static

.PHONY: help setup demo serve test check audit faults format bench prove year mutants locks settings wheel screenshots clean
