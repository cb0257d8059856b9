# The two commands: `make demo` and `make test`. Each does all its own set-up.
# The rest is the same stages in CI and by hand: bindings, screens, Swift, interop, bench, lint, check.
# Whatever holds the core is built without `-p` here: which features a dependency has follows from the packages that are chosen,
# and each other choice builds most of them, and the core, once more.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export CARGO_TERM_COLOR ?= auto
LIB := $(abspath $(or $(CARGO_TARGET_DIR),target))/debug

help:            ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

demo:            ## plays a shift in about a minute (DEMO="--calls FILE", "--server URL", "--serve", …)
	@tools/need cc pkg-config openssl
	cargo run --quiet --bin anydoor-sandbox -- $(DEMO)

test: test-rust test-python   ## Rust and Python

test-rust:
	@tools/need cc pkg-config openssl
	cargo test
	cargo run --quiet --example client

test-python: library
	@tools/need python
	tests/bindings/generate python tests/bindings/python
	ANYDOOR_SANDBOX=$(LIB)/anydoor-sandbox python3 tests/bindings/python/test_visit.py
	ANYDOOR_SANDBOX=$(LIB)/anydoor-sandbox PYTHONPATH=tests/bindings/python python3 examples/client.py

library:
	@tools/need cc pkg-config openssl
	cargo build --quiet --lib --bin anydoor-sandbox

bindings: library   ## Kotlin plays a small visit through the bridge (JDK, Maven)
	@tools/need jdk maven
	tests/bindings/generate kotlin tests/bindings/kotlin/target/generated
	cd tests/bindings/kotlin && mvn -q -B test -Dcore.lib.dir=$(LIB) -Dsandbox=$(LIB)/anydoor-sandbox

screens: library ## the Android shell's screens as PNG, from the core's own data, and their tests (JDK, Maven)
	@tools/need jdk maven
	android/desktop/screens $(LIB)

swift:           ## the iOS shell's package compiled and tested, its views parsed, with Debian's Swift (root; the first time 2.7 GB)
	@[ "$$(uname -s) $$(id -u)" = "Linux 0" ] || { echo "swift: needs Linux and root, for debootstrap, mounts and chroot"; exit 1; }
	@tools/need cc pkg-config openssl debootstrap
	cargo build --quiet --lib --bin anydoor-sandbox
	tests/swift/run $(LIB)

interop:         ## the same shift, replays and races against HAPI FHIR on PostgreSQL and Medplum's router, and every misbehaviour
	@tools/need cc pkg-config openssl jdk maven postgresql node
	cargo build --quiet --bin anydoor-sandbox --bin races --bin replays --bin misbehaviours
	tests/interop/medplum/run $(LIB)
	tests/interop/run $(LIB)/anydoor-sandbox

soak:            ## long runs of what `make test` runs briefly: SEEDS=n FROM=s KILLS=n FUZZ=seconds LIFELINES=n
	@tools/need cc pkg-config openssl
	ANYDOOR_SEEDS=$(or $(SEEDS),20000) ANYDOOR_FROM=$(or $(FROM),2000) ANYDOOR_KILLS=$(or $(KILLS),500) \
	  ANYDOOR_FUZZ_SECONDS=$(or $(FUZZ),30) cargo test --release -p anydoor-tests --test simulation --test fuzz \
	  -- --nocapture
	ANYDOOR_SEEDS=$(or $(SEEDS),20000) ANYDOOR_FROM=$(or $(FROM),2000) ANYDOOR_KILLS=$(or $(KILLS),500) \
	  ANYDOOR_LIFELINES=$(or $(LIFELINES),10000) \
	  cargo test --release -p anydoor-tests --test scenarios -- --nocapture durability::power durability::kill attacks::lifeline

bench:           ## prints the figures, each with its peer from the same run
	@tools/need cc pkg-config openssl
	@tools/need postgis osmium || echo "bench: goes on without peers that need these"
	cargo run --quiet --release -p anydoor-tests --bin bench
	ANYDOOR_SEEDS=499 cargo test --quiet --release -p anydoor-tests --test simulation every_promise -- --nocapture | grep -E "seeds"
	cargo run --quiet --release -p anydoor-bench-nearest

plots:           ## measures the nearest team and draws docs/cost-*.svg from that run
	@tools/need cc pkg-config openssl
	@tools/need postgis osmium || echo "plots: goes on without peers that need these"
	cargo run --quiet --release -p anydoor-bench-nearest -- plots

lint:            ## format, clippy, links of the API pages, licences of dependencies where cargo-deny is installed
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy -p anydoor-gateway --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "lint: cargo-deny is not installed: licences not checked"; fi

.PHONY: help demo test test-rust test-python library bindings screens swift interop soak bench plots lint
