# The same words everywhere: in CONTRIBUTING.md, in .ci/run and here.
.DEFAULT_GOAL := help
.PHONY: help install run test torture check fix audit bench bench-index screenshots eval train ablation clean

PYTHON ?= python3
BIN := .venv/bin
# As root, or as somebody who may become root without a password; anybody else is refused.
APT := $(if $(filter 0,$(shell id -u)),,sudo -n )env DEBIAN_FRONTEND=noninteractive apt-get
# hnswlib would otherwise be compiled for this very processor and crash on an older one.
export HNSWLIB_NO_NATIVE = 1
export TOKENIZERS_PARALLELISM = false

help: ## Show what can be done
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(BIN)/.serve ## Install what serving needs into .venv (no torch)

$(BIN)/python:
	@echo "Creating .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Govi needs Python 3.11 or newer; try: make PYTHON=python3.11 run" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# --no-cache-dir: a cached hnswlib wheel may have been compiled for another processor.
$(BIN)/.serve: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what serving needs (a minute or two, once) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --no-cache-dir --progress-bar off \
		-r requirements.txt || { echo "Not installed, see above. hnswlib is compiled here: it needs a C++ compiler and" \
		"Python's headers (Debian, Ubuntu: apt install g++ python3-dev)" >&2; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -e .
	@touch $@

# What is locked with hashes comes first; then torch alone is left to install.
$(BIN)/.dev: requirements-dev.txt pyproject.toml $(BIN)/.serve
	@echo "Installing what training and tests need (several minutes, once) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off \
		--no-deps -r requirements-dev.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -e ".[train,dev]"
	@if command -v npm >/dev/null; then \
		npm ci --silent --prefix tests/journeys/emulator; \
		npm ci --silent --prefix tests/console/browser; \
		else echo "npm not found: the smoke test through another emulator and the accessibility test will be skipped"; fi
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then \
		$(APT) update -qq && $(APT) install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null || \
		echo "chromium cannot be installed here: the console's browser tests will be skipped"; fi
	@if ! command -v espeak-ng >/dev/null || ! command -v opusenc >/dev/null; then \
		$(APT) update -qq && $(APT) install -y -qq --no-install-recommends espeak-ng opus-tools >/dev/null || \
		echo "espeak-ng and opusenc cannot be installed here: tests of the real voice will be skipped"; fi
# Debian's package also starts a server, which nobody wants on their own machine.
	@if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		{ test "$$(id -u)" = 0 && $(APT) update -qq && \
		$(APT) install -y -qq --no-install-recommends postgresql >/dev/null; } || \
		echo "no PostgreSQL server is installed: tests on one will be skipped"; fi
	@touch $@

# Unlike .venv/bin/govi this also runs in a folder that was moved.
run: $(BIN)/.serve ## Set up and serve: Telegram with BOT_TOKEN, else a chat in the terminal
	@$(BIN)/python -m bot run

test: check ## Lint, types and every test
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term

check: $(BIN)/.dev ## Lint and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(BIN)/.dev ## Repair what lint can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(BIN)/.dev ## Look every pinned package up among published advisories (needs the network)
	$(BIN)/python -m tests.audit

bench: $(BIN)/.dev ## Measure speed and memory beside the plain stack; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.run

bench-index: $(BIN)/.dev ## Measure the index at 10k, 100k and 1M vectors (the last takes an hour)
	$(BIN)/python -m benchmarks.index --million

torture: $(BIN)/.dev ## Kill Govi 200 times under load and send it 100,000 odd updates (hours)
	$(BIN)/python -m tests.faults.torture --kills 100 --updates 100000

screenshots: $(BIN)/.dev ## Take the pictures of the console in docs/screenshots anew (needs chromium)
	SCREENSHOTS=$(CURDIR)/docs/screenshots $(BIN)/python -m pytest -q tests/console/browser/test_screenshots.py

eval: $(BIN)/.serve ## Measure answers on the held-out test questions
	$(BIN)/govi evaluate knowledge/eval/test.jsonl

# The recipe of the shipped model: all layers for one epoch, then every other layer for eight.
RECIPE = --pairs question_question --no-duplicates --near-batches --symmetric --batch-size 64 \
	--learning-rate 2e-4 --max-tokens 32 --dropout 0 --prompt "query: " --precision bf16

train: $(BIN)/.dev ## Build the base and fine-tune the shipped embedder (about an hour on 2 cores)
	$(BIN)/govi model build var/base
	$(BIN)/govi train --base var/base --out var/whole --work var/training/whole \
		$(RECIPE) --warmup 0.1 --epochs 1 --augment-share 0.3
	$(BIN)/govi model build var/half --base var/training/whole/float32 --layers 6
	$(BIN)/govi train --base var/half --out retrieval/model --work var/training/half \
		$(RECIPE) --warmup 0.05 --epochs 8 --augment-share 0.5

ablation: $(BIN)/.dev ## Train and measure every variant of the recipe (hours on 2 cores)
	$(BIN)/govi model build var/base
	$(BIN)/python -m benchmarks.ablation --base var/base

clean: ## Remove what was installed and cached; var, with the database, stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
