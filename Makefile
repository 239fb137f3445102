# make demo    see it work on your own machine, no Azure needed
# make test    lint, types, import contract, every query through Microsoft's parser, unit, property and live tests
# make verify  what takes longer: the laws with many more examples, and the app as a deployment leaves it
# make faults  every fault on every side of the running app, and a death at every call: is anything lost or said twice?
# make bench   the benchmark table, from one run
# make verdicts  how often the verdicts are right, over simulated gateways whose truth is known
# make mutants bends every rule and window of the verdict, and names the test that notices
# make renders the pictures in docs/renders (needs Chromium)
# make gallery every message in every language on every channel as one HTML page, measured in Chromium
# Another Python: make test PYTHON=python3.11

PYTHON ?= $(shell .ci/find-python)
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
ifeq ($(VERSION),)
$(error no usable Python: install 3.11 or newer, or name one, as in make test PYTHON=python3.12)
endif
VENV := .venv/$(VERSION)
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
JOBS ?= 2

.PHONY: demo test lint unit verify faults bench verdicts mutants renders gallery setup clean

setup: $(READY)

$(READY): requirements.txt requirements-cli.txt requirements-dev.txt
	@echo "Using Python $(VERSION) ($(PYTHON)); packages go to $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(READY)
	@$(PY) -m sandbox.demo

test: lint unit
	@echo "Tested on Python $(VERSION) ($(PYTHON))"

lint: $(READY)
	@echo "Python $(VERSION) ($(PYTHON))"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports

unit: $(READY)
	@$(PY) -m sandbox.prepare
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

renders: $(READY)
	@$(PY) -m sandbox.renders

gallery: $(READY)
	@$(PY) -m tests.gallery

verify: $(READY)
	@$(PY) -m sandbox.prepare
	@HYPOTHESIS_PROFILE=deep $(PY) -m pytest -n $(JOBS) --dist worksteal -v --durations=6 tests/test_laws.py tests/test_machine.py
	@$(PY) -m pytest -m verify -v -rs --durations=6

faults: $(READY)
	@$(PY) -m sandbox.faults_matrix

bench: $(READY)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@$(PY) -m benchmarks.run

verdicts: $(READY)
	@$(PY) -m benchmarks.verdicts

mutants: $(READY)
	@$(PY) -m tests.mutants

clean:
	rm -rf .venv sandbox/node_modules sandbox/page/node_modules sandbox/page/dist
