# The playground, from a fresh checkout: make run. Each target sets up what it needs; a second time costs nothing.
.POSIX:

PY = .venv/bin/python
# Any Python can run the bootstrap: it looks for one that is new enough.
BOOTSTRAP = found=; for python in python3 python3.13 python3.12 python3.11; do \
    if command -v $$python >/dev/null 2>&1; then found=$$python; break; fi; done; \
    if [ -z "$$found" ]; then echo 'Python 3.11 or newer is needed, and no python3 is on PATH.' >&2; exit 1; fi; \
    $$found .ci/bootstrap
ARGS =
# A process of tests for each core, up to four; tests/conftest.py says which tests are never beside each other.
BESIDE = -n logical --maxprocesses 4 --dist loadscope --no-loadscope-reorder

.PHONY: help setup setup-dev setup-test run test test-security test-engines test-gpu check audit bench screenshots lock clean

help:
	@echo 'make run          start the playground, setting it up first'
	@echo 'make setup        set it up only: .venv with the app and the embedded model engine'
	@echo 'make test         all tests with coverage; ARGS="tests/wire -k tools" for some'
	@echo 'make test-security  attacks on the app, opened in each of three ways'
	@echo 'make test-engines  tests against a real vLLM and a real SGLang, on the CPU; fetches 1 GB the first time'
	@echo 'make test-gpu     the tests that ask a real GPU; they skip where there is none'
	@echo 'make check        lint, format, types, also of the scripts of the page, and the direction of imports'
	@echo 'make bench        measure the claims of the README; ARGS="stream --quick" for some'
	@echo 'make screenshots  take the pictures in docs/ again'
	@echo 'make lock         resolve requirements*.txt anew; ARGS="--upgrade" for the newest versions'
	@echo 'make audit        known vulnerabilities and licences of what is pinned; `make check` does it too'
	@echo 'make clean        remove .venv and what the tools left; not the model file, nor the engines'

setup:
	@$(BOOTSTRAP)

setup-dev:
	@$(BOOTSTRAP) --dev

setup-test:
	@$(BOOTSTRAP) --test

run: setup
	@$(PY) -m playground.engines.embedded.models
	$(PY) app.py $(ARGS)

test: setup-test
	@$(PY) -m playground.engines.embedded.models
	$(PY) -m pytest $(BESIDE) --cov --cov-report=term $(ARGS)

# Not part of `make test`: attacks take minutes, and what is measured in them wants no coverage beside it.
test-security: setup-test
	@$(PY) -m playground.engines.embedded.models
	$(PY) -m pytest tests/security $(ARGS)

# Not part of `make test`: the engines take 5 GB of the user's cache, and minutes. A second time nothing is fetched.
test-engines: setup-test
	@$(PY) -m tests.real_engines.provision
	$(PY) -m pytest tests/real_engines $(ARGS)

test-gpu: setup-test
	$(PY) -m pytest tests/engines tests/real_engines -m gpu -rs $(ARGS)

check: setup-dev
	$(PY) -m ruff check . .ci/bootstrap .ci/audit .ci/scripts
	$(PY) -m ruff format --check . .ci/bootstrap .ci/audit .ci/scripts
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) .ci/scripts
	$(PY) .ci/audit

audit: setup-dev
	$(PY) .ci/audit

bench: setup-test
	@$(PY) -m playground.engines.embedded.models
	$(PY) -m bench $(ARGS)

screenshots: setup-test
	@test -f docs/screenshots.py || { echo 'There is no docs/screenshots.py yet.' >&2; exit 1; }
	@$(PY) -m playground.engines.embedded.models
	$(PY) docs/screenshots.py $(ARGS)

# uv resolves for every platform at once, from an environment of its own; it needs no .venv, because the lists may be
# what keeps .venv from being made. Every file has its hash, and both lists have the same versions.
LOCK = pip compile pyproject.toml --universal -p 3.11 -q --generate-hashes --no-header --no-annotate --no-emit-index-url
lock:
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	python3 -m venv "$$dir" && "$$dir/bin/python" -m pip install -q uv && \
	"$$dir/bin/uv" $(LOCK) --all-extras $(ARGS) -o requirements-dev.txt >/dev/null && \
	sed -e 's/ \\$$//' -e '/--hash/d' requirements-dev.txt >"$$dir/versions" && \
	"$$dir/bin/uv" $(LOCK) --extra local --extra mcp --extra build -c "$$dir/versions" -o requirements.txt >/dev/null

clean:
	rm -rf .venv node_modules .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
