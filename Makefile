# Two commands: `make serve` runs the site, `make test` checks all of it. Both do their own set-up.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: serve test quick lint bench mutants pages pictures lighthouse lock translations clean

PORT ?= 8000
export PORT
PYTHON ?= python3
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
CATALOGUE := site_app/translations/en/LC_MESSAGES/messages
CLICK := site_app/translations/zh/LC_MESSAGES/click

# `set -m` gives the server the terminal to itself: Ctrl-C reaches it alone, it ends with 0, and so does make.
serve: .venv/.installed $(CATALOGUE).mo
	@if [ -t 0 ]; then set -m; fi; $(FLASK) serve; exit $$?

test: .venv/.tested $(CATALOGUE).mo
	@$(BIN)/python .ci/system_packages.py
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest --numprocesses auto -m "not browser and not server"
	$(BIN)/python -m pytest -m "browser or server"

quick: .venv/.tested $(CATALOGUE).mo
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest --numprocesses auto -m "not browser and not server and not slow" --hypothesis-profile quick

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.tested $(CATALOGUE).mo
	$(BIN)/python -m tests.bench.bench
	$(BIN)/python -m tests.bench.bench_scoring

# Changes scoring and hiding in every small way; what no test notices is listed. About ten minutes.
mutants: .venv/.tested
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

# Every page in every state, window, language and size of text, without script, and at 400 %. Half an hour; ONLY="words" chooses.
pages: .venv/.tested $(CATALOGUE).mo
	@$(BIN)/python -m tests.looking.pages $(ONLY)

# Pictures of all of them into docs/pictures, with an index.html; to be looked at. ONLY=readme takes the README's anew.
pictures: .venv/.tested $(CATALOGUE).mo
	@$(BIN)/python -m tests.looking.pictures $(ONLY)

# Lighthouse on five pages, as a phone on slow 4G sees them; medians of three runs. Needs node and npm.
lighthouse: .venv/.tested $(CATALOGUE).mo
	@$(BIN)/python -m tests.looking.lighthouse.run

.venv/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新的版本，请安装后再运行。 / Python 3.11 or newer is needed; install it and run this again." >&2; exit 2; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; echo "不能创建 .venv：请安装 python3-venv（apt-get install python3-venv），并确认此文件夹可写。 / Cannot make .venv: install python3-venv (apt-get install python3-venv), and see that this folder can be written to." >&2; exit 2; }
	@echo "正在安装依赖…… / Installing what the site needs …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.tested: requirements-test.txt .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

$(CATALOGUE).mo: $(CATALOGUE).po $(CLICK).po .venv/.installed
	@$(BIN)/pybabel --quiet compile --directory site_app/translations --domain "messages click"

# Collects the msgids into the English catalogue; what is then empty wants translating. Babel's own
# header has dates and nobody's name in it, so the first lines stay as they are.
translations: .venv/.installed
	$(BIN)/pybabel --quiet extract --mapping-file site_app/translations/babel.cfg --keywords N_ --no-location --sort-output --omit-header --output messages.pot .
	@sed '/^$$/q' $(CATALOGUE).po > messages.po
	$(BIN)/pybabel --quiet update --input-file messages.pot --output-dir site_app/translations --locale en --no-fuzzy-matching --ignore-obsolete --omit-header
	@cat $(CATALOGUE).po >> messages.po && mv messages.po $(CATALOGUE).po && rm messages.pot

# Pins everything anew, with hashes and without addresses.
lock: .venv/.tested
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-header --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-header --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --extra test --constraint requirements.txt --output-file requirements-test.txt pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis
