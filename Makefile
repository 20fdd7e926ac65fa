# The whole workflow, a line each. Everything lives in ./.venv; nothing is installed beside it.
.DEFAULT_GOAL := help
.PHONY: help setup front i18n run test check bench docs pictures types lock clean
PY := .venv/bin/python
UV := .venv/bin/uv --quiet
EDITABLE := $(UV) pip install --python $(PY) --no-deps --no-build-isolation --editable .
SOURCES := $(shell find extensions -type f \( -name '*.ts' -o -name '*.tsx' -o -name '*.mjs' -o -name '*.css' -o -name '*.po' -o -name 'package*.json' -o -name 'tsconfig*.json' \) -not -path '*/node_modules/*' -not -path '*/labextension/static/*' -not -path 'extensions/proboost_lab/*' -not -path '*/lib/*' 2>/dev/null)

help:           ## this list
	@sed -n 's/^\([a-z0-9]*\): .*## /\1\t/p' Makefile | expand -t 12

.venv/.packages: requirements/all.lock requirements/uv.lock
	@echo "Setting up Python packages in .venv"
	@test -x $(PY) || python3 -m venv .venv
	@$(PY) -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/uv.lock
	@$(UV) pip sync --python $(PY) --require-hashes --compile-bytecode requirements/all.lock requirements/uv.lock
	@test ! -e .venv/.installed || $(EDITABLE)  # sync has taken it out: what runs from here would miss it until all is built
	@touch $@

.venv/.node: .venv/.packages extensions/package-lock.json
	@echo "Setting up front-end packages"
	@tools/npm --prefix extensions ci --no-audit --no-fund --loglevel=error && touch $@

.venv/.front: .venv/.node $(SOURCES)
	@echo "Building front ends"
	@tools/npm --prefix extensions run --silent build && touch $@

.venv/.installed: .venv/.front pyproject.toml
	@$(EDITABLE) && touch $@

setup: .venv/.installed  ## everything that the other lines need
	@$(PY) tools/translate.py compile

front: .venv/.installed ## build the front ends

i18n: .venv/.packages ## bring the translation catalogues up to date
	@$(PY) tools/translate.py update && $(PY) tools/translate.py missing

run: setup      ## the whole platform with a demo course and accounts, at http://localhost:8000
	@.venv/bin/proboost up --demo

test: setup     ## all tests, the real-browser ones included
	@tools/npm --prefix extensions run --silent test
	@$(PY) -m pytest -n logical $(ARGS)

check: setup    ## style, types, floors, translations, docs
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@tools/npm --prefix extensions run --silent check
	@$(PY) tools/translate.py check
	@$(PY) tools/docs.py check

bench: setup    ## ratios against the named peers, measured side by side
	@for file in benchmarks/[a-z]*.py; do $(PY) $$file || exit 1; done

docs: setup     ## regenerate the parts of docs/ that code knows
	@$(PY) tools/docs.py write

pictures: setup ## the README's pictures, taken anew by the end-to-end tests
	@$(PY) -m pytest -q tests/e2e/test_pictures.py
	@mkdir -p docs/images && cd test-results/screenshots && for file in readme-*.png; do cp $$file ../../docs/images/$${file#readme-}; done

types: setup    ## regenerate the API snapshot and its TypeScript types
	@$(PY) -m proboost.app openapi > docs/reference/openapi.json
	@tools/npm --prefix extensions run --silent types

lock: .venv/.packages ## write the lock files anew
	@$(UV) pip compile --universal --generate-hashes --python-version 3.11 --all-extras pyproject.toml -o requirements/all.lock > /dev/null
	@$(UV) pip compile --universal --generate-hashes --python-version 3.11 requirements/uv.in -o requirements/uv.lock > /dev/null

clean:          ## remove what was built; courses and accounts stay
	rm -rf .venv extensions/node_modules extensions/*/node_modules
