# `make` lists the targets. Everything happens in .venv, made with this machine's Python 3.11.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PEERS := benchmarks/peers/requirements
RIVALS := benchmarks/rivals/requirements
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run demo test nightly check fix schema lock mutants chaos bench-truth bench-speed bench-stopping bench-fraud bench-reading bench-claims bench-io bench-rivals peer-values

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/dev.stamp ## Make the environment; seconds when nothing changed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Concord needs Python 3.11: set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements.lock | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/dev.stamp: requirements-dev.lock | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@ .venv/runtime.stamp

# What we are measured against needs older libraries than we do, so it lives apart.
.venv-peers/peers.stamp: $(PEERS).lock | .venv/bin/python
	@test -x .venv-peers/bin/python || $(BIN)/python -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --require-hashes -r $(PEERS).lock
	@touch $@

.venv-rivals/rivals.stamp: $(RIVALS).lock | .venv/bin/python
	@test -x .venv-rivals/bin/python || $(BIN)/python -m venv .venv-rivals
	@.venv-rivals/bin/python -m pip install --quiet --no-deps --require-hashes -r $(RIVALS).lock
	@touch $@

run: .venv/runtime.stamp ## Run the whole service here (ARGS="--data DIR --port N")
	@$(BIN)/python manage.py up $(ARGS)

demo: .venv/runtime.stamp ## Run the main job end to end on real answers (URL= KEY= DATA=)
	@$(BIN)/python -m examples.demo $(if $(URL),--url "$(URL)") $(if $(KEY),--key "$(KEY)") $(if $(DATA),--data "$(DATA)") $(ARGS)

test: .venv/dev.stamp ## Run the tests on real PostgreSQL and Redis (POOLED=1, PROXIED=1: with pgbouncer, nginx)
	@POOLED=$(POOLED) PROXIED=$(PROXIED) $(BIN)/python -m tests.run $(ARGS)

nightly: export LIFECYCLE_PROFILE := nightly
nightly: .venv/dev.stamp ## Run 10,000 histories of work through the doors; hours
	@$(BIN)/python -m tests.run tests/lifecycle -n 0 $(ARGS)

check: .venv/dev.stamp ## Run every static check
	@$(BIN)/python -m tests.house.check

fix: .venv/dev.stamp ## Format and mend what can be mended
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

schema: .venv/dev.stamp ## Write docs/openapi.yaml from the code
	@$(BIN)/python manage.py spectacular --fail-on-warn --validate --file docs/openapi.yaml

lock: .venv/dev.stamp ## Pin the dependencies of pyproject.toml, with hashes
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(PEERS).in -o $(PEERS).lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(RIVALS).in -o $(RIVALS).lock

mutants: .venv/dev.stamp ## Break each promise on a copy and see its test fail
	@$(BIN)/python -m tests.mutants

chaos: .venv/runtime.stamp ## Kill everything at random, then audit (SEED= SECONDS=, or URL= KEY= DATABASE_URL=)
	@$(if $(DATABASE_URL),DATABASE_URL="$(DATABASE_URL)") $(BIN)/python -m chaos --seed "$(or $(SEED),1)" --seconds "$(or $(SECONDS),60)" $(if $(URL),--url "$(URL)") $(if $(KEY),--key "$(KEY)") $(ARGS)

bench-truth bench-speed bench-stopping bench-fraud: export OPENBLAS_NUM_THREADS := 1

bench-truth: .venv/runtime.stamp $(if $(DATA),.venv-peers/peers.stamp) ## Consensus against published aggregators (DATA=folder)
	@$(BIN)/python -m benchmarks.truth $(if $(DATA),"$(DATA)") $(ARGS)

bench-speed: .venv/runtime.stamp .venv-peers/peers.stamp ## Time and memory of aggregation against crowd-kit
	@$(BIN)/python -m benchmarks.speed $(ARGS)

bench-stopping: .venv/runtime.stamp ## Answers saved by stopping on the posterior (DATA=folder)
	@$(BIN)/python -m benchmarks.stopping $(if $(DATA),"$(DATA)") $(ARGS)

bench-fraud: .venv/runtime.stamp $(if $(DATA),.venv-peers/peers.stamp) ## Bad workers found among real ones, beside published skills (DATA=folder SETS=)
	@$(BIN)/python -m benchmarks.fraud $(if $(DATA),"$(DATA)") $(if $(SETS),--only $(SETS)) $(ARGS)

bench-reading: .venv/runtime.stamp ## Time and memory of reading a million answers from PostgreSQL
	@$(BIN)/python -m benchmarks.reading

bench-claims: .venv/runtime.stamp ## Claims and answers a second as the tasks grow, beside bare statements
	@$(BIN)/python -m benchmarks.claims $(ARGS)

bench-io: .venv/runtime.stamp ## Items in and consensus out, beside raw COPY
	@$(BIN)/python -m benchmarks.io $(ARGS)

bench-rivals: .venv/runtime.stamp .venv-rivals/rivals.stamp ## The same work on Concord and on Label Studio
	@$(BIN)/python -m benchmarks.rivals $(ARGS)

peer-values: .venv-peers/peers.stamp ## Record crowd-kit's posteriors for the tests
	@.venv-peers/bin/python -m benchmarks.record_peers tests/core/peer_values.json
