# One list of commands for people and for CI. Everything is installed into .venv, at the versions of constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TOOLS := .venv/.tools
export MODELWRIGHT_DATA := $(abspath $(or $(MODELWRIGHT_DATA),../shared/data))

.PHONY: help demo test lint bench docs clean
help:
	@echo 'make demo    train the penguins example: a model, its score beside a baseline, and where the run folder is'
	@echo 'make test    all tests, on two processes; those on further data need MODELWRIGHT_DATA=folder'
	@echo 'make lint    ruff, pyright and the rules of the house'
	@echo 'make bench   whole commands beside other tools (benchmarks/setup_peers.sh installs those), into docs/benchmarks.md'
	@echo 'make docs    write the generated pages and tables again, and what commands print where pages show it'
	@echo 'make clean   remove what was built; runs are kept'

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "modelwright needs Python 3.11 or later; this is " + sys.version.split()[0] + ": make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[excel,text]'
	touch $@

$(TOOLS): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[excel,text,onnx,test,lint]'
	touch $@

demo: $(READY)
	$(BIN)/modelwright train examples/penguins/penguins.yaml

# One thread a process: two processes already fill two cores, and small matrices lose with more.
test: $(TOOLS)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/python scripts/check_house.py

bench: $(READY)
	$(BIN)/python benchmarks/compare.py --repeat 5 --write docs

docs: $(TOOLS)
	set -e; for page in signatures schema_docs rules_docs outputs; do OMP_NUM_THREADS=1 $(BIN)/python scripts/make_$$page.py; done

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests scripts benchmarks examples -name __pycache__ -type d -exec rm -rf {} +
