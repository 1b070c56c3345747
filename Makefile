# The verbs of a checkout. `make run` and `make test` set up what is missing first.
DEMO ?= 1
APPLIANCE_DATA ?= $(CURDIR)/data
export APPLIANCE_DATA

.PHONY: help setup run test lint format

help:
	@echo "make run      run the appliance on this machine (DEMO=0: an empty box; CLIP=FILE: what its camera shows)"
	@echo "make test     run every test"
	@echo "make lint     format, lint, type and architecture checks"
	@echo "make format   format the code"
	@echo "make setup    set up what the above need, nothing else"

setup:
	@requirements/install run
	@.venv/bin/appliance models fetch $(if $(filter 0,$(DEMO)),,--demo)
	@.venv/bin/appliance models build
	@$(if $(filter 0,$(DEMO)),:,.venv/bin/appliance stage --demo)

run: setup
	@exec .venv/bin/appliance run $(if $(filter 0,$(DEMO)),--no-demo,--demo) $(if $(CLIP),--clip "$(CLIP)")

test:
	@requirements/install test
	@.venv/bin/appliance models fetch --demo
	@.venv/bin/appliance models build
	env -u APPLIANCE_DATA PATH="$(CURDIR)/.venv/bin:$$PATH" \
		APPLIANCE_TEST_MODELS=$(APPLIANCE_DATA)/models \
		APPLIANCE_TEST_DEMO=$(APPLIANCE_DATA)/demo .venv/bin/pytest $(ARGUMENTS)

lint:
	@requirements/install test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format:
	@requirements/install test
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
