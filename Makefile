SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

# What to test: make test T=tests/web, make test T="-k refusal".
T ?=

.PHONY: help install run tools system check test bench screenshots lock clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install:  ## Make .venv from the hash-locked requirements
	@.ci/install.sh requirements.txt

run: install  ## Serve a demo clinic group on http://127.0.0.1:8000 (PORT changes it)
	@exec .venv/bin/fluence demo

tools:
	@.ci/install.sh requirements-dev.txt

check: tools  ## Lint, format, types, the direction of the rooms, the shipped courses
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/fluence courses check courses

system:
	@.ci/system.sh

test: system check  ## Install what the tests need, then run the checks and every test (T=... picks some)
	PYTHONDONTWRITEBYTECODE= .venv/bin/pytest -n $$(($$(nproc) + 1)) --dist worksteal $(T)

bench: system tools  ## Measure a sitting and the status board beside the minimal exam
	.venv/bin/python -m tests.bench

screenshots: system tools  ## Take the pictures of the README
	.venv/bin/python -m tests.browser.screenshots

lock:  ## Lock the versions again (needs uv)
	@command -v uv >/dev/null || { echo "Locking needs uv: .venv/bin/pip install uv, then PATH=.venv/bin:\$$PATH make lock" >&2; exit 1; }
	uv pip compile pyproject.toml --extra postgres --extra build $(LOCK) --output-file requirements.txt
	uv pip compile pyproject.toml --all-extras --constraint requirements.txt $(LOCK) --output-file requirements-dev.txt

# Debian 12 has Python 3.11.2: a lock for a newer one would not install there.
LOCK := --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11.2

clean:  ## Remove .venv and the caches; the data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find app tests migrations -name __pycache__ -prune -exec rm -rf {} +
