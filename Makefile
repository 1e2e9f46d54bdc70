# LEITL: `make run` serves the room, `make test` checks everything. Both install
# what is missing first (.ci/setup) and skip what is done.

.DEFAULT_GOAL := help
SHELL := /bin/bash
ADDR ?= 127.0.0.1:8000
DATA_DIR ?= data

# Every recipe runs with the toolchain and the tools that the set-up chose.
env = . target/environment &&
say = @printf '\033[1m==> %s\033[0m\n'

.PHONY: help release run dev demo test format lint unit integration conformance browser doc bench bench-agents bench-context bench-privacy bench-search size screenshots setup setup-test clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup:
	@.ci/setup run

setup-test:
	@.ci/setup test

# cargo-leptos makes the site anew each time it is called, which takes half a
# minute; so it is called only when something it reads has changed. Builds of
# another profile put another site in the same place and remove the stamp.
stamp := target/release/site.stamp
sources := Cargo.toml Cargo.lock .cargo/config.toml $(shell find src style public -type f)

$(stamp): $(sources)
	$(say) "Building (minutes the first time)"
	@$(env) cargo leptos build --release --precompress
	@touch $@

release: setup
	@$(MAKE) --no-print-directory $(stamp)

run: release ## set up, build in release and serve at http://localhost:8000 (ADDR, DATA_DIR)
	$(say) "Serving; stop with Ctrl-C"
	@exec target/release/leitl serve --addr $(ADDR) --data-dir $(DATA_DIR)

dev: setup ## build, serve, and do both again when a file changes
	@rm -f $(stamp)
	@$(env) cargo leptos watch -- serve --addr $(ADDR) --data-dir $(DATA_DIR)

demo: ## three agents that join the server of `make run`
	@target/release/leitl demo --data-dir $(DATA_DIR)

test: setup-test format lint doc unit integration conformance browser ## everything CI checks
	$(say) "All checks passed"

format:
	$(say) "Format"
	@$(env) cargo fmt --check

lint:
	$(say) "Clippy, server and command line"
	@$(env) cargo clippy --all-targets -- -D warnings
	$(say) "Clippy, browser"
	@$(env) cargo clippy --lib --no-default-features --features hydrate --target wasm32-unknown-unknown -- -D warnings

doc:
	$(say) "Documentation"
	@$(env) RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet

unit:
	$(say) "Unit tests"
	@$(env) cargo test --lib --bins

integration:
	$(say) "Integration tests: the real binary, a real Redis, real sockets"
	@$(env) cargo test --test '*'

conformance:
	$(say) "MCP: conformance suite in both versions, and the inspector"
	@$(env) cargo build --bin leitl
	@cd end2end/mcp && node_modules/.bin/node run.mjs

browser:
	$(say) "The site for the browser tests"
	@rm -f $(stamp)
	@$(env) cargo leptos build
	$(say) "Browser tests in Chromium"
	@cd end2end && npx playwright test

bench: release ## measure latency, memory and loss with the release build
	@$(env) cargo bench --bench bus
	@node benches/size.mjs

bench-context: setup-test release ## sync and search beside rclone and SQLite FTS5 (BENCH_CONTEXT="--files 1000")
	@$(env) python3 benches/context/main.py $(BENCH_CONTEXT)

bench-agents: release ## measure hooks, the start of commands, and messages
	@$(env) python3 benches/agents.py

bench-search: release ## measure the index alone (CORPUS, CRANFIELD: see benches/search/main.rs)
	@$(env) cargo bench --bench search

bench-privacy: ## measure what the check for personal data finds, with made-up persons
	@$(env) cargo bench --bench privacy --no-run
	@python3 -m venv target/faker && target/faker/bin/pip install --quiet faker==40.63.0
	@target/faker/bin/python benches/privacy/measure.py --set held-out \
	    $$(ls -t target/release/deps/privacy-* | grep -v '\.d$$' | head -n 1)

size: release ## what the browser downloads, against the limit
	@node benches/size.mjs

screenshots: setup-test ## pictures of the dashboard, wide and narrow, light and dark
	@rm -f $(stamp)
	@$(env) cargo leptos build
	@cd end2end && npx playwright test --config screenshots.config.ts

clean: ## remove what was built, and nothing else
	rm -rf target end2end/node_modules end2end/mcp/node_modules end2end/test-results
