# Every target sets up what it needs first; `make setup` alone is never necessary.
VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint conformance integration bench check lock clean
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

conformance: $(READY)  ## BuildKit's own parser tests: make conformance BUILDKIT=a checkout of moby/buildkit
	$(BIN)/python scripts/conformance.py $(BUILDKIT)

integration: $(READY)  ## the tests that need Debian's archive, podman, buildah, skopeo (installed when missing)
	scripts/install-system-packages
	$(BIN)/pytest -q -o addopts="--import-mode=importlib -ra" tests/integration

bench: $(READY)  ## cold, warm and one-line-change builds beside buildah: medians of five
	scripts/install-system-packages
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/bench.py

check: lint test integration  ## everything that CI runs

lock: $(READY)  ## refresh requirements.lock from pyproject.toml
	$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 --group dev pyproject.toml -o requirements.lock

clean:  ## remove what the targets made (not the package cache)
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
