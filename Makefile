# `make` or `make help` tells what there is. Everything is installed into .venv; nothing outside it is changed,
# except that `make test` asks the system's package manager for chromium where it may.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export SECATEUR_DATA_DIR ?= var

.DEFAULT_GOAL := help
.PHONY: help run demo test quick lint format types vendor chromium faults networks api bench corpus fuzz coverage screenshots kits clean gpu scale storm memory

##@ Using it

help: ## Show this help.
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: export SECATEUR_WELCOME ?= **This is the demo.** The terminal in which it was started shows the accounts: sign in as Alan, who has not handed in anything yet.
run: demo ## Install what the service needs, and run it with a worker and a demo course (end with Ctrl-C).
	@$(BIN)/secateur run

demo: $(VENV)/.base
	@$(BIN)/secateur migrate
	@$(BIN)/secateur demo

##@ Working on it

# Hundreds of processes start, and each would compile the same modules again.
test quick: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev chromium ## Install everything, then check style and types and run all tests.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python tools/vendor.py --check
	@$(BIN)/pytest -n $(or $(WORKERS),3) --dist loadfile --no-loadscope-reorder # more than cores: many tests wait for a service

quick: $(VENV)/.dev ## Run the tests that need neither Keras nor a browser, on SQLite alone.
	@$(BIN)/pytest -n 2 --dist loadfile --database sqlite -m "not keras and not browser and not slow"

lint: $(VENV)/.dev ## Check style, types and vendored files.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python tools/vendor.py --check

format: $(VENV)/.dev ## Format the code and mend what can be mended by itself.
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

faults: $(VENV)/.dev ## Harm a service in every way on each database, on one machine and on three (FAULTS_SUBMISSIONS, FAULTS_SEED), and count; hours.
	@$(BIN)/python -m tests.faults.campaign --submissions $(or $(FAULTS_SUBMISSIONS),300) --seed $(or $(FAULTS_SEED),1)
	@$(BIN)/python -m tests.faults.campaign --submissions $(or $(FAULTS_SUBMISSIONS),500) --seed $(or $(FAULTS_SEED),1) --machines
	@$(BIN)/pytest tests/faults -m slow -n 0 -s

networks: $(VENV)/.dev ## Compare 200 random PyTorch networks, saved by torch.save, with torch itself, and the real files in both engines.
	@$(BIN)/pytest tests/grader/networks/test_torch_reference.py tests/grader/test_keras_process.py -m slow -n $(or $(WORKERS),2)

api: $(VENV)/.dev ## Ask the API whatever its description allows and forbids (EXAMPLES, SEED), as student and as instructor; some minutes.
	@$(BIN)/python -m tests.api.campaign --examples $(or $(EXAMPLES),50) --seed $(or $(SEED),1)

bench: $(VENV)/.dev ## Measure what a submission costs, side by side with bare onnxruntime and Keras; some eight minutes.
	@$(BIN)/python -m benchmarks.grading_speed
	@$(BIN)/python -m benchmarks.free_networks
	@$(BIN)/python -m benchmarks.staff_pages
	@$(BIN)/python -m benchmarks.code_exports
	@if $(BIN)/python -c "import dbos" 2>/dev/null; then $(BIN)/python benchmarks/queue_engines.py; \
		else echo "the comparison of queues is left out: pip install 'dbos==3.4.*'"; fi

gpu: $(VENV)/.dev ## Test evaluation on a CUDA device (DEVICE=cpu: the processor), compare it with onnxruntime image by image, and print what it costs.
	@$(BIN)/pytest -q -n 0 -m "not keras" tests/grader/evaluating/test_torch_engine.py tests/grader/evaluating/test_adversarial.py tests/grader/test_pipeline_files.py
	@$(BIN)/python -m benchmarks.gpu --device $(or $(DEVICE),cuda) --examples $(or $(EXAMPLES),2525,5000) --networks $(or $(NETWORKS),300)

scale: $(VENV)/.dev ## Compare pages at 1,000,000 submissions with those at 1,000, on both databases (SUBMISSIONS, STUDENTS); half an hour.
	@$(BIN)/python -m benchmarks.scale --submissions $(or $(SUBMISSIONS),1000000) --students $(or $(STUDENTS),10000)

storm: $(VENV)/.dev ## Have 300 students hand in 900 files in a minute (STUDENTS, SUBMISSIONS, EXAMPLES), and tell what became of them; some twenty minutes.
	@$(BIN)/python -m benchmarks.storm --students $(or $(STUDENTS),300) --submissions $(or $(SUBMISSIONS),900) --examples $(or $(EXAMPLES),5000)

memory: $(VENV)/.dev ## Look at the memory of web server and workers over 2,000 submissions, and at what large uploads add; a quarter of an hour.
	@$(BIN)/python -m benchmarks.memory

corpus: $(VENV)/.dev ## Print what h5py, Keras, torch and onnxruntime do with each file of the corpus, beside its verdict here.
	@$(BIN)/python tests/corpus/compare.py

fuzz: $(VENV)/.dev ## Feed 200,000 damaged files of each kind to the readers (RUNS, SEED), and tell what became of them.
	@$(BIN)/python tests/fuzz/fuzz.py --runs $(or $(RUNS),200000) --seed $(or $(SEED),1)

coverage: $(VENV)/.dev ## Print which lines and branches of grader/reading the tests and the corpus reach.
	@$(BIN)/coverage run -m pytest -q -n 0 tests/grader/reading tests/corpus tests/fuzz -k "not jail and not service"
	@$(BIN)/coverage report

kits: $(VENV)/.dev ## Train and prune the reference solutions on DATA (a .npz) into OUT, grade them, and draw; hours, resumable.
	@$(BIN)/python -m kits.reference run --data "$(or $(DATA),cifar10-5class-25x25.npz)" --out "$(or $(OUT),var/kits)"

screenshots: $(VENV)/.dev chromium ## Take pictures of every page into var/screenshots, and those of the README into docs/images.
	@$(BIN)/python -m tests.browser.screenshots

vendor: $(VENV)/.dev ## Fetch the front end's libraries again, as tools/vendor.lock.json names them (needs npm).
	@$(BIN)/python tools/vendor.py

clean: ## Remove the virtual environment and the demo's data.
	rm -rf $(VENV) var

# The browser for the page tests. Where it cannot be installed those tests are skipped and say so.
chromium:
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
				>/dev/null || echo "chromium could not be installed: the browser tests will be skipped"; \
		else echo "no chromium here and no right to install it: the browser tests will be skipped"; fi; }

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Secateur needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing the service into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing the service and everything its tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.base
