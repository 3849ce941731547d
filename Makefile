# attractor: `make help` lists what you can do.
EXPERIMENT ?= distance
ARGS ?=
OUTPUT ?= outputs
KILLS ?= 30
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help experiment test test-cluster soak lint bench clean

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "attractor needs Python 3.11 or newer; $(PYTHON) is older: make PYTHON=python3.11 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

$(VENV)/.installed-cluster: $(VENV)/.installed-test
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,slurm,ray]'
	@touch $@

experiment: $(VENV)/.installed  ## run EXPERIMENT (distance) with ARGS into OUTPUT; ends with the report
	@$(BIN)/attractor experiment=$(EXPERIMENT) output_dir=$(OUTPUT) $(ARGS)

test: $(VENV)/.installed-test  ## run the whole test suite, a process a core and a thread a process
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --dist=loadfile

test-cluster: $(VENV)/.installed-cluster  ## the same sweep on Slurm and Ray, on a cluster of this machine alone
	@PATH=$$PATH:/usr/sbin command -v slurmctld >/dev/null || echo "no Slurm, its tests will skip: apt-get install slurm-wlm munge"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -rs tests/test_cluster.py

soak: $(VENV)/.installed-test  ## kill a sweep KILLS (30) times at random moments; its results stay the same
	OMP_NUM_THREADS=1 ATTRACTOR_KILLS=$(KILLS) $(BIN)/python -m pytest -s tests/test_soak.py

lint: $(VENV)/.installed-test  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed  ## throughput beside this machine's peak; with ATTRACTOR_DATA, language models too
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.experiment
	$(BIN)/python -m benchmarks.sweep
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.generation
	$(BIN)/python -m benchmarks.large_lstm
ifdef ATTRACTOR_DATA
	$(BIN)/python -m benchmarks.language_model $(ATTRACTOR_DATA)/corpora/wikitext2-valid.txt
	$(BIN)/python -m benchmarks.number_prediction $(ATTRACTOR_DATA)/linzen/subj_agr_filtered.text
	$(BIN)/python -m benchmarks.pair_scoring $(ATTRACTOR_DATA)/linzen/subj_agr_filtered.text
	$(BIN)/python -m benchmarks.pair_scoring $(ATTRACTOR_DATA)/clams_en
endif

clean:  ## remove results, caches and the virtual environment
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find outputs -mindepth 1 -not -name README.md -delete
