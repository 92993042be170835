# Two commands do everything on a fresh Debian or Ubuntu machine with a Rust toolchain:
#   make demo   sees it work: real orders against a real server, every answer checked
#   make test   checks all of it: format, lints, tests, contract, and the tour with a Python client
# Both install PostgreSQL's package first where it is missing and you may; the tests, NATS's too.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BUF := target/buf/node_modules/.bin/buf
BUF_VERSION := 1.75.0

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: postgres
postgres: ## Install PostgreSQL's server binaries where they are missing
	@scripts/postgres

.PHONY: nats
nats: ## Install a NATS server, for the tests, where there is none
	@scripts/nats-server

.PHONY: demo
demo: postgres ## Drive a server with a merchant's real orders; ARGS="--rounds 100" for more
	cargo build --release --locked
	target/release/backstock demo $(ARGS)

.PHONY: bench
bench: postgres ## Measure how fast it is, in about five minutes; ARGS="--quick" for one
	cargo build --release --locked
	target/release/backstock bench $(ARGS)

.PHONY: bench-guard
bench-guard: postgres ## Fail where a ratio is under 0.8 of the committed one, or memory grows
	cargo build --release --locked
	target/release/backstock bench --quick --check benches/ratios.json
	target/release/backstock bench --soak 2 --strict \
	  --connections 1000 --in-flight 1000

.PHONY: bench-page
bench-page: postgres ## Measure, and write the figures and the plot of docs/performance.md
	cargo build --release --locked
	target/release/backstock bench --output markdown --save target/bench.json $(ARGS) \
	  > target/bench.md
	scripts/plot-bench

# The tests come last, so that their summary is the closing line.
.PHONY: test
test: postgres nats lint contract tour ## Check everything
	if cargo nextest --version >/dev/null 2>&1; then \
	  cargo nextest run --locked; \
	else \
	  cargo test --locked; \
	fi

.PHONY: test-lanes
test-lanes: postgres ## Main tests with one lane, with seven, without combining; ARGS=--short
	scripts/test-lanes $(ARGS)

.PHONY: lint
lint: ## Check the format and what clippy says
	cargo fmt --all --check
	cargo clippy --locked --all-targets -- -D warnings

.PHONY: contract
contract: ## Check proto/ with buf, where npm can get it
	@if [ ! -x $(BUF) ] && ! npm install --silent --no-audit --no-fund --no-save \
	    --prefix target/buf @bufbuild/buf@$(BUF_VERSION) >/dev/null 2>&1; then \
	  echo "contract: skipped, since npm is missing or cannot get @bufbuild/buf" >&2; \
	else \
	  $(BUF) lint && echo "contract: buf lint finds nothing"; \
	fi

.PHONY: tour
tour: postgres ## Start a server and make the tour's calls from Python
	cargo build --locked
	scripts/python-tour

.PHONY: image
image: ## Build the container image
	docker build --tag backstock .
