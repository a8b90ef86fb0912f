# The few verbs of this project. `make book` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUN    := $(BIN)/python -m
export PYTHONUTF8 := 1

.PHONY: help book test browser notebooks new check prose lint format bench gpu pdf epub links clean
help:               ## show the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# What a reader needs.
$(VENV)/ready: requirements.txt requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:3]; sys.exit(0 if (3, 11, 5) <= v < (3, 14) else f"This book needs Python 3.11.5 to 3.13; {sys.executable} is {v[0]}.{v[1]}.{v[2]}. Try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -c requirements.lock
	@touch $@

# What who changes the book needs besides.
$(VENV)/tools: $(VENV)/ready requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c requirements.lock
	@touch $@

# textlint and its rules, for the Japanese prose. Node comes with requirements-dev.txt.
TEXTLINT := _build/textlint
$(TEXTLINT)/ready: $(addprefix book/textlint/,.npmrc package.json package-lock.json) | $(VENV)/tools
	@mkdir -p $(TEXTLINT) && cp book/textlint/.npmrc book/textlint/*.json $(TEXTLINT)
	$(BIN)/npm ci --prefix $(TEXTLINT)
	@touch $@

book: $(VENV)/ready       ## build both editions into _build/html
	$(RUN) book.press build

notebooks: $(VENV)/tools  ## run what changed and say why; NAME="chapter ..." for some, FORCE=1 to run it in any case
	$(RUN) book.press notebooks $(NAME) $(if $(FORCE),--force)

new: $(VENV)/tools        ## make new NAME=chapter: a skeleton with the nine blocks, and its line in _toc.yml
	$(RUN) book.press new $(NAME)

check: $(VENV)/tools      ## the press's checks: parity of the languages, notebooks match their sources
	$(RUN) book.press check

prose: $(TEXTLINT)/ready  ## textlint over the Japanese prose: chapters, pages, glossary, interface
	$(RUN) book.press prose

lint: $(VENV)/tools       ## ruff, mypy, English spelling
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/codespell

format: $(VENV)/tools     ## let ruff rewrite the code, and write the stubs of the faces anew
	$(RUN) lossbook.faces; $(RUN) book.press format; $(BIN)/ruff check --fix book src tests benchmarks; $(BIN)/ruff format book src tests benchmarks

browser:                  ## Chromium and a Japanese font for the browser tests (Debian, Ubuntu, as root)
	@if { [ -n "$$CHROMIUM" ] || command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null && fc-list :lang=ja 2>/dev/null | grep -q .; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fontconfig fonts-noto-cjk; \
	else echo "The browser tests need Chromium and a Japanese font. Install them, e.g. sudo apt-get install chromium fontconfig fonts-noto-cjk, or name a Chromium: CHROMIUM=/path make test"; fi

test: lint check prose browser  ## everything CI runs
	$(RUN) pytest -n auto --ignore tests/browser
	$(RUN) pytest -n auto --dist loadfile --nbval --nbval-current-env --nbval-sanitize-with chapters/nbval.cfg -p no:cacheprovider chapters
	$(RUN) book.press build --strict
	$(RUN) pytest -n 2 -p no:cacheprovider tests/browser

bench: $(VENV)/tools      ## speed and memory beside torch's own losses and the machine's floor: about an hour
	$(RUN) benchmarks

gpu: $(VENV)/tools        ## on a CUDA machine: every notebook, the proofs and the benchmarks; writes their record
	@$(BIN)/python -c 'import torch, sys; sys.exit(None if torch.cuda.is_available() else "make gpu needs a CUDA device and a torch that was built for it; found neither or only one")'
	LOSSBOOK_DEVICE=cuda $(RUN) pytest --nbval --nbval-current-env --nbval-sanitize-with chapters/nbval.cfg -p no:cacheprovider chapters
	$(RUN) lossbook.checks.record cuda book/records/cuda.json
	$(RUN) benchmarks

pdf: $(VENV)/tools book   ## each edition as one PDF, in _build/pdf (needs Chromium)
	$(RUN) book.press pdf

epub: $(VENV)/tools book  ## each edition as one EPUB, in _build/epub
	$(RUN) book.press epub

links: $(VENV)/tools      ## follow the links of the built book to other places (needs a network)
	$(RUN) book.press links

clean:                    ## remove what can be made again
	rm -rf $(VENV) _build .mypy_cache .pytest_cache .ruff_cache .hypothesis
