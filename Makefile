# LumaDB: the commands people type. Meson and ninja do the building.
BUILD ?= build
JOBS ?= $(shell nproc)
.DEFAULT_GOAL := all
.PHONY: all setup run test check bench fmt lint asan tsan fuzz install clean help

all: $(BUILD)/build.ninja ## build the server, the command and the library (release)
	ninja -C $(BUILD)

setup: ## install the Debian packages that are missing
	tools/setup

$(BUILD)/build.ninja:
	tools/setup
	meson setup $(BUILD) --buildtype=release

test: all ## every test
	meson test -C $(BUILD) --print-errorlogs

clean: ## remove what was built
	rm -rf build build-*

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
