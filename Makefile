# The front door. `make` alone lists what there is; every target sets up what it needs, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PYTEST := $(BIN)/python -m pytest
APART := --ignore=tests/peers --ignore=tests/browser

# The second name is what newer pips read for the packages that only build ours.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-peers test-browser lint format generate notebooks docs bench clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  Another Python: make demo PYTHON=python3.12      More for pytest: make test ARGS="-k tanh"'

demo: $(STAMPS)/run ## train on handwritten digits and show how well it went
	@$(BIN)/whygrad train digits --report

test: $(STAMPS)/test ## every test and doctest, with coverage
	@$(PYTEST) $(APART) -m "not peers and not browser" --cov $(ARGS)

test-peers: $(STAMPS)/peers ## the same figures as PyTorch? (installs it)
	@$(PYTEST) tests/peers $(ARGS)

test-browser: $(STAMPS)/browser ## the pages it writes, opened in Chromium (which has to be there)
	@$(PYTEST) tests/browser $(ARGS)

lint: $(STAMPS)/dev ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(STAMPS)/dev ## let ruff lay out the code and sort imports
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .

generate: $(STAMPS)/run ## the methods of Value, written anew from the op table
	@$(BIN)/python -m whygrad.autodiff.generate

notebooks: $(STAMPS)/notebooks ## run every lesson; ARGS=--write keeps what came out
	@$(BIN)/python notebooks/run.py $(ARGS)

docs: $(STAMPS)/docs ## the documentation, into docs/_build/html
	@$(BIN)/python -m sphinx -W --keep-going --quiet -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(STAMPS)/bench ## how fast, beside others: a quarter of an hour (installs them)
	@$(BIN)/python benchmarks/run.py $(ARGS)

clean: ## remove what was built, keep .venv and runs
	@rm -rf build dist htmlcov docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	@find src tests benchmarks docs examples notebooks -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove .venv as well
	@rm -rf $(VENV)

# One stamp for each extra, so that training a net does not install a linter, nor linting PyTorch.
$(STAMPS)/run: $(STAMPS)/venv pyproject.toml constraints.txt
	@echo "setting up whygrad in $(VENV) (once; about a minute)"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(STAMPS)/test $(STAMPS)/peers $(STAMPS)/browser $(STAMPS)/notebooks $(STAMPS)/bench $(STAMPS)/docs $(STAMPS)/dev: $(STAMPS)/%: $(STAMPS)/run
	@echo "adding the '$*' tools to $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --editable ".[$*]"
	@touch $@

# A .venv that is already there and has a pip is used as it is.
$(STAMPS)/venv:
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  command -v $(PYTHON) >/dev/null || { \
	    echo "make: there is no $(PYTHON) here"; \
	    echo "  expected: Python 3.11 or newer"; \
	    echo "  hint: install it, or name yours: make PYTHON=/path/to/python3.12"; exit 1; }; \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "make: $(PYTHON) is too old for whygrad"; \
	    echo "  expected: Python 3.11 or newer"; \
	    echo "  received: $$($(PYTHON) --version 2>&1)"; \
	    echo "  hint: install a newer one beside it, then: make PYTHON=python3.12"; exit 1; }; \
	  $(PYTHON) -m venv $(VENV) || { \
	    echo "make: $(PYTHON) could not make a virtual environment in $(VENV)"; \
	    echo "  hint: on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: the Python in $(VENV) is too old for whygrad"; \
	  echo "  expected: Python 3.11 or newer"; \
	  echo "  received: $$($(BIN)/python --version 2>&1)"; \
	  echo "  hint: make distclean, then try again"; exit 1; }
	@mkdir -p $(STAMPS)
	@touch $@
