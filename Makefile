# LumaDB: the commands people type. Meson and ninja do the building.
BUILD ?= build
FUZZ_SECONDS ?= 60
CRASHES ?= 1000000
JOBS ?= 2
COUNT ?= 20000
ROUNDS ?= 350
.DEFAULT_GOAL := all
.PHONY: all setup run test check long sim canaries power pg beside-sqlite differential bench conformance gen fmt lint tidy cppcheck asan tsan fuzz install clean help

all: $(BUILD)/.packages $(BUILD)/build.ninja ## build the command and the library (release)
	ninja -C $(BUILD) $(if $(wildcard src/cli/main.c),product)

setup: ## install the Debian packages that are missing
	tools/setup

run: all ## start the server with the demo data
	tools/demo $(BUILD)/demo
	$(BUILD)/lumadb serve --demo

test: all $(BUILD)/npm/package.json ## every test
	ninja -C $(BUILD)
	meson test -C $(BUILD) --no-rebuild --print-errorlogs

check: test asan tsan tidy cppcheck long pg beside-sqlite ## all that can be checked: takes a while

long: test ## the random tests, twenty times longer
	meson test -C $(BUILD) --no-rebuild --print-errorlogs --setup long --suite unit --suite model --suite fuzz

sim: $(BUILD)/build.ninja ## a million crashes of the store on the simulated system (CRASHES, JOBS)
	ninja -C $(BUILD) tests/model/sim
	$(BUILD)/tests/model/sim --crashes $(CRASHES) --jobs $(JOBS)

canaries: $(BUILD)/build.ninja ## planted faults, and how soon the simulation finds each
	ninja -C $(BUILD) tests/model/canaries
	$(BUILD)/tests/model/canaries

power: all ## power cuts, failing calls, full and read-only file systems (as root, with loop devices)
	tools/setup --all
	ninja -C $(BUILD)
	LUMA_COMMAND=$(BUILD)/lumadb LUMA_WRITER=$(BUILD)/tests/power/writer LUMA_VERIFY=$(BUILD)/tests/power/verify \
	  tests/power/trouble

pg: all ## the store over PostgreSQL, on a server started for it
	tools/setup --all
	ninja -C $(BUILD)
	tests/pg/run $(BUILD)

beside-sqlite: all ## LQL beside SQLite on every store, PostgreSQL's too: 60 statements a round and transactions (ROUNDS)
	tools/setup --all
	ninja -C $(BUILD) tests/model/lql_sqlite_test
	LUMA_TEST_SCALE=$$(($(ROUNDS) / 5)) tests/pg/run $(BUILD) tests/pg/beside_sqlite $(BUILD)

bench: all ## every benchmark, beside its peers (FORMAT=tsv, QUICK=1)
	tools/setup --all
	ninja -C $(BUILD)
	meson test -C $(BUILD) --no-rebuild --benchmark --verbose

differential: all ## random expressions, aggregates and JSON paths beside PostgreSQL (COUNT)
	tools/setup --all
	tests/pg/run $(BUILD) python3 tests/pg/same_as_postgres $(BUILD)/libluma.so --count $(COUNT)
	tests/pg/run $(BUILD) python3 tests/pg/same_json_paths $(BUILD)/libluma.so --count $(COUNT)

conformance: all ## third-party cases: CASES=a folder of *.jsonl
	tests/conformance/run.py $(BUILD)/libluma.so $(CASES) --skips
	if [ -f $(CASES)/partiql.jsonl ]; then tests/conformance/partiql.py $(BUILD)/libluma.so $(CASES)/partiql.jsonl --skips; fi
	tests/conformance/slt.py $(BUILD)/libluma.so tests/conformance/slt
	tests/conformance/slt.py $(BUILD)/lumadb tests/conformance/slt

gen: ## make the generated files again
	tools/gen/all

fmt: ## format the sources
	tools/sources | xargs clang-format -i

lint: $(BUILD)/build.ninja ## check the house rules
	tools/lint/lint --build $(BUILD)

tidy: build-tidy/build.ninja ## clang-tidy
	ninja -C build-tidy
	tools/tidy build-tidy

cppcheck: $(BUILD)/build.ninja ## cppcheck
	tools/cppcheck $(BUILD)

asan: build-asan/build.ninja ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	ninja -C build-asan
	meson test -C build-asan --no-rebuild --print-errorlogs --timeout-multiplier 10 --no-suite rules

# A Python that loads a library built with ThreadSanitizer does not start: the conformance files have one thread anyway.
tsan: build-tsan/build.ninja ## every test of more than one thread, and most others, under ThreadSanitizer
	ninja -C build-tsan
	meson test -C build-tsan --no-rebuild --print-errorlogs --timeout-multiplier 10 --no-suite rules --no-suite conformance

fuzz: build-fuzz/build.ninja ## every fuzzer for FUZZ_SECONDS
	ninja -C build-fuzz
	tools/fuzz build-fuzz $(FUZZ_SECONDS)

install: all ## install the command, the library and its headers (DESTDIR is honoured)
	meson install -C $(BUILD) --no-rebuild

clean: ## remove what was built
	rm -rf build build-*

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BUILD)/build.ninja: | $(BUILD)/.packages
	meson setup $(BUILD) --buildtype=release

$(BUILD)/.packages: tools/packages.txt
	tools/setup
	@mkdir -p $(BUILD) && touch $@

# Without them the test that compares with them takes the answers they gave earlier.
$(BUILD)/npm/package.json: tests/mingo/package.json tools/npm
	-tools/npm $(BUILD)
	-@touch -c $@

build-asan/build.ninja:
	tools/setup --all
	meson setup build-asan --buildtype=debugoptimized -Dwerror=false -Ddeep_asserts=true -Db_sanitize=address,undefined -Db_lundef=false

build-tsan/build.ninja:
	tools/setup --all
	meson setup build-tsan --buildtype=debugoptimized -Dwerror=false -Ddeep_asserts=true -Db_sanitize=thread -Db_lundef=false

build-tidy/build.ninja:
	tools/setup --all
	CC=clang CXX=clang++ meson setup build-tidy --buildtype=debug -Dwerror=false -Ddeep_asserts=true

build-fuzz/build.ninja:
	tools/setup --all
	CC=clang CXX=clang++ meson setup build-fuzz --buildtype=debugoptimized -Dfuzz=true -Ddeep_asserts=true -Dwerror=false \
	  -Db_sanitize=address,undefined -Db_lundef=false
