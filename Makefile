# Two commands do everything on a fresh Debian 12 machine:  make run  (the main job)  and  make test  (the tests).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

ROOT := $(CURDIR)
PYTHON ?= python3
QGIS_PYTHON ?= /usr/bin/python3
WORK := $(ROOT)/.work
VENV := $(ROOT)/.venv
RUN_VENV := $(ROOT)/.venv-run
QGIS_VENV := $(ROOT)/.venv-qgis
export PYTHONPATH := $(ROOT)/backend
PIP_FLAGS := --quiet --disable-pip-version-check --require-hashes

.PHONY: help
help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

# --- what a machine needs -------------------------------------------------------------------------------------------
.PHONY: system
system:  ## QGIS, a virtual screen and the rest from apt, if they are missing
	@scripts/system_packages.sh

$(VENV)/.ready: backend/requirements/full-cpu.txt backend/requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install $(PIP_FLAGS) -r backend/requirements/full-cpu.txt -r backend/requirements/dev.txt || {
	  echo "The CPU build of torch is not at hand; installing the CUDA build, which runs on a CPU too (several GB)."
	  $(VENV)/bin/pip install $(PIP_FLAGS) -r backend/requirements/full-cuda.txt -r backend/requirements/dev.txt
	}
	touch $@

$(RUN_VENV)/.ready: backend/requirements/embedded.txt
	$(PYTHON) -m venv $(RUN_VENV)
	$(RUN_VENV)/bin/pip install $(PIP_FLAGS) -r backend/requirements/embedded.txt
	touch $@

$(QGIS_VENV)/.ready: tests/requirements-qgis.txt | system
	$(QGIS_PYTHON) -m venv --system-site-packages $(QGIS_VENV)
	$(QGIS_VENV)/bin/pip install $(PIP_FLAGS) -r tests/requirements-qgis.txt
	touch $@

.PHONY: setup
setup: system $(VENV)/.ready $(RUN_VENV)/.ready $(QGIS_VENV)/.ready  ## Everything that run and test need

# --- the main job ---------------------------------------------------------------------------------------------------
.PHONY: run
run: system $(RUN_VENV)/.ready  ## QGIS with the plugin and a real scene: asks a question, keeps pictures and files in out/
	@TERRASCOPE_PYTHON=$(RUN_VENV)/bin/python scripts/run_desktop.sh out

# --- tests ----------------------------------------------------------------------------------------------------------
.PHONY: test
test: lint test-backend test-plugin test-desktop  ## All checks and tests, from nothing
	@echo "All checks and tests passed."

.PHONY: lint
lint: $(VENV)/.ready  ## ruff, mypy, and that imports run downwards
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

.PHONY: test-backend
test-backend: $(VENV)/.ready  ## Tests of the backend (with torch); random tests draw the same every time, plain pytest draws anew
	$(VENV)/bin/python -m pytest tests/backend tests/lab --hypothesis-profile=ci

.PHONY: test-data
test-data: $(VENV)/.ready  ## Tests of the backend that need the data folder beside the project
	$(VENV)/bin/python -m pytest tests/backend tests/lab --hypothesis-profile=ci -m data

.PHONY: test-plugin
test-plugin: $(QGIS_VENV)/.ready $(RUN_VENV)/.ready  ## Tests of the plugin inside QGIS's Python, without a screen
	scripts/fetch_scene.sh "$(WORK)/scene" > /dev/null
	runtime=$$(mktemp -d); trap 'rm -rf "$$runtime"' EXIT
	env -u PYTHONPATH XDG_RUNTIME_DIR="$$runtime" QT_QPA_PLATFORM=offscreen TERRASCOPE_PYTHON=$(RUN_VENV)/bin/python \
	  $(QGIS_VENV)/bin/python -m pytest -c tests/plugin/pytest.ini tests/plugin

$(WORK)/venv-qt6/.ready: tests/requirements-qt6.txt
	$(PYTHON) -m venv $(WORK)/venv-qt6
	$(WORK)/venv-qt6/bin/pip install $(PIP_FLAGS) -r tests/requirements-qt6.txt
	touch $@

.PHONY: test-qt6
test-qt6: $(WORK)/venv-qt6/.ready $(QGIS_VENV)/.ready $(RUN_VENV)/.ready  ## Every dialog of the plugin under Qt 6
	env -u PYTHONPATH TERRASCOPE_QT6_PYTHON=$(WORK)/venv-qt6/bin/python TERRASCOPE_PYTHON=$(RUN_VENV)/bin/python \
	  QT_QPA_PLATFORM=offscreen $(QGIS_VENV)/bin/python -m pytest -c tests/plugin/pytest.ini tests/plugin/test_qt6.py

.PHONY: soak
soak: $(VENV)/.ready  ## Kills, fuzzed lines, changed files, hostile rasters, full disks, 300 questions: about 20 minutes
	$(VENV)/bin/python scripts/soak.py

.PHONY: test-qgis-versions
test-qgis-versions:  ## The plugin in QGIS 3.40 and 3.44 (makes chroots, needs root)
	scripts/test_qgis_versions.sh $(WORK)/qgis

.PHONY: test-desktop
test-desktop: $(RUN_VENV)/.ready | system  ## A real QGIS window under Xvfb with the real backend
	env -u PYTHONPATH TERRASCOPE_PYTHON=$(RUN_VENV)/bin/python scripts/test_desktop.sh

# --- what goes out --------------------------------------------------------------------------------------------------
$(WORK)/venv-gate/.ready: backend/requirements/gate.txt
	$(PYTHON) -m venv $(WORK)/venv-gate
	$(WORK)/venv-gate/bin/pip install $(PIP_FLAGS) -r backend/requirements/gate.txt
	touch $@

.PHONY: package
package: $(WORK)/venv-gate/.ready  ## The plugin's zips and the wheel of weights, scanned as the plugin site does, in build/
	@$(WORK)/venv-gate/bin/python scripts/package.py build

.PHONY: bench
bench: $(VENV)/.ready  ## The small benchmark that ships, and the speed of the embedded model on this machine
	$(VENV)/bin/python -m terrascope bench small
	$(VENV)/bin/python -m terrascope bench embedded

.PHONY: clean
clean:  ## Remove environments and outputs
	rm -rf $(VENV) $(RUN_VENV) $(QGIS_VENV) out build
