# Everything here works in a fresh clone: what is missing is installed into .venv first, once.
#   make demo    see why attention was invented (about two minutes)
#   make test    the fast tests              make slow    the tests that take longer
#   make lint    format, lint, types         make bench   speed beside peers (make bench-all: nearly all measurements)

PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
ONE := OMP_NUM_THREADS=1

.PHONY: demo test slow lint format bench bench-all install clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/seqloom demo

test: $(VENV)/.installed-dev
	$(ONE) $(BIN)/python -m pytest -m "not slow" -n $(JOBS) -q

slow: $(VENV)/.installed-dev
	$(ONE) $(BIN)/python -m pytest -m slow -n $(JOBS) -q

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/.installed-dev
	$(BIN)/python bench/speed.py

bench-all: bench
	@for script in $(filter-out bench/speed%,$(wildcard bench/*.py)); do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

install: $(VENV)/.installed-dev

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# A new enough Python that can make environments, a new enough pip, then the package itself, editable.
# $(BIN)/python has no prerequisites: an environment that is there is used as it is.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Seqloom needs Python 3.11 or newer, $(PYTHON) is not: say make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "no environment could be made; on Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

# The stamps make a second call quick; a change of pyproject.toml, constraints.txt or the native sources installs again.
NATIVE := hatch_build.py src/seqloom/kernels/build.py $(wildcard src/seqloom/kernels/native/*.cpp src/seqloom/kernels/native/*.h)

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt $(NATIVE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[report,metrics]"
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml constraints.txt $(NATIVE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,metrics,report,parquet,audio,image,video,vectors,tune,ray]"
	@touch $(VENV)/.installed $@
