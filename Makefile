# make demo | test | lint | types | docs | reproduce-quick | bench | page: each sets up .venv first where that is needed.

PYTHON ?= python3
DATA ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint types docs reproduce-quick bench page

demo: $(INSTALLED)
	$(BIN)/prvipe demo

# A process for every core, up to four: each takes up to 3 GB. A file stays within one of them, and
# files go in the order of tests/conftest.py. One thread each where a library would take all cores.
test: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(INSTALLED)
	$(BIN)/mypy

# The documentation site, in site/.
docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Every experiment of the paper with tiny models on built-in motions.
reproduce-quick: $(INSTALLED)
	$(BIN)/prvipe reproduce --quick --out prvipe-report

# Builds the one file of the web page that is not our own, from the npm registry, and checks the
# types of those that are; needs Node.js.
page:
	cd web && npm ci && npm run build && npm run check

# Those of benchmarks/ that measure speed. The others measure models on data of their own.
SPEED := np_mpjpe matching_probability procrustes_search training_step evaluation embedding_speed

# make bench DATA=FILE.npz measures on that benchmark, otherwise on built-in motions and bodies.
bench: $(INSTALLED)
	@set -e; for name in $(SPEED); do \
		echo "== $$name"; $(BIN)/python benchmarks/$$name.py $(if $(DATA),"$(DATA)"); done

# torch comes first and as one exact version: left to choose within a range, pip may fetch several
# builds of it, each of gigabytes.
$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt "$$(grep '^torch==' constraints.txt)"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@
