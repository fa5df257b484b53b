# Two commands are enough: `make up` and `make test`. The rest is for people who change the code.
PYTHON ?= python3
RUN := .venv/bin
export ANSIM_HOME ?= $(CURDIR)/var

.PHONY: up down status test test-long test-postgresql check fix bench bench-audit bench-deid bench-egress bench-gate bench-load bench-synth lock docs environment development

up:
	@$(PYTHON) hub_config/bootstrap.py up
	@$(RUN)/ansim up $(if $(filter no,$(DEMO)),--empty,--demo) $(if $(PORT),--port $(PORT))

down: environment
	@$(RUN)/ansim down

status: environment
	@$(RUN)/ansim status

environment:
	@$(PYTHON) hub_config/bootstrap.py run

development:
	@$(PYTHON) hub_config/bootstrap.py development

test: development
	@$(RUN)/python -m hub_config.testing short

test-long:
	@$(PYTHON) hub_config/bootstrap.py long
	@$(RUN)/python -m hub_config.testing long

test-postgresql: development
	@$(RUN)/python -m hub_config.testing postgresql

check: development
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/python -m hub_config.generated --check

fix: development
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .
	$(RUN)/python -m hub_config.generated

bench: development
	$(RUN)/python -m tests.benchmarks

bench-audit: development
	$(RUN)/python -m tests.benchmarks.audit

bench-egress: development
	$(RUN)/python -m tests.benchmarks.bench_egress
	$(RUN)/python -m tests.benchmarks.review_load

bench-gate: development
	$(RUN)/python -m tests.benchmarks.bench_gate $(GATE)

bench-load: development
	$(RUN)/python -m tests.benchmarks.load $(if $(MINUTES),--minutes $(MINUTES)) $(LOAD)

bench-synth: development
	$(RUN)/python -m tests.benchmarks.bench_synth

bench-deid: development
	$(RUN)/python -m tests.benchmarks.bench_deid

lock: development
	$(RUN)/python hub_config/bootstrap.py lock
