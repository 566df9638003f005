# Two commands: `make demo` and `make test`; both begin with `make setup`.

PYTHON ?= python3
# Where pip looks for torch besides the package index. Linux without a GPU, off this index:
#   make setup TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.mirrorlake-setup
# vLLM and Inspect AI pin what we do not, so each has an environment of its own.
VLLM := .venv-vllm
INSPECT := .venv-inspect
DEMO_LAKE := demo/lake
DEMO_REPORT := demo/report

.PHONY: setup chromium demo test lint docs coverage null soak vllm bench bench-providers \
    bench-inside bench-predictions clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (about two minutes the first time) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	    $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -e '.[local,test]' \
	    >$(VENV)/setup.log 2>&1 || { cat $(VENV)/setup.log >&2; exit 1; }
	@touch $(STAMP)

# The report's tests run in a real browser; without root it must be there already.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	        --no-install-recommends chromium >/dev/null; \
	else echo "Chromium is not installed; tests of reports will skip (in CI they fail)." >&2; fi

demo: setup
	@$(VENV)/bin/mirrorlake run studies/demo.toml --lake $(DEMO_LAKE) --out $(DEMO_REPORT)

test: setup chromium
	$(PY) -m tests

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

docs: setup
	$(PY) docs/build.py

# Simulates every interval and test, writes docs/coverage.md, fails where a rule is broken.
coverage: setup
	OMP_NUM_THREADS=1 $(PY) -m tests.coverage

# Pure noise, 200 seeds: how often the best of 33 layers leaves its null; fails above 20.
null: setup
	OMP_NUM_THREADS=1 $(PY) -m tests.null

# The long proofs; what each of them does and found stands in docs/reliability.md.
soak: setup
	$(PY) -m pytest -m soak tests

# Real vLLM on a CPU beside transformers, in process and as a server; see docs/vllm.md.
vllm: $(VLLM)/.mirrorlake-setup
	OMP_WAIT_POLICY=passive $(VLLM)/bin/python -m pytest tests/vllm -m vllm -s

$(VLLM)/.mirrorlake-setup: pyproject.toml constraints-vllm.txt
	@$(PYTHON) -m venv $(VLLM)
	@$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	    $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r constraints-vllm.txt -e .
	@touch $@

# All benchmarks, into the table of benchmarks/README.md; or one, printed: make bench NAME=plan
bench: setup
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(PY) -m benchmarks $(if $(NAME),$(NAME),--write)

# Asking providers, beside the bare SDK and Inspect AI; see benchmarks/README.md.
bench-providers: setup $(INSPECT)/.mirrorlake-setup
	$(PY) -m benchmarks.providers $(INSPECT)/bin/python

# Capture, probes, steering and loading, beside the seeds' loops, scikit-learn and nnsight.
bench-inside: setup
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(PY) -m benchmarks.inside

# A million predictions of answers: both estimands, baselines and the matrix, beside plain Polars.
bench-predictions: setup
	$(PY) -m benchmarks.introspection

$(INSPECT)/.mirrorlake-setup:
	@$(PYTHON) -m venv $(INSPECT)
	@$(INSPECT)/bin/python -m pip install --quiet --disable-pip-version-check \
	    inspect-ai==0.3.285 openai==3.54.0
	@touch $@

clean:
	rm -rf $(VENV) $(VLLM) $(INSPECT) demo build *.egg-info
