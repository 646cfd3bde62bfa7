# bulk: what can be done here. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
GO ?= go
# All is built as it ships, but for the race detector, which needs C: so packages
# are compiled once for the linters, the command that is tested and what is released.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath $(GOFLAGS)

.PHONY: help
help: ## list what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: bin/bulk ## build bin/bulk, one static binary

bin/bulk: FORCE
	@$(GO) build -o $@ ./cmd/bulk
.PHONY: FORCE
FORCE:

.PHONY: demo
demo: build ## run the main job on the sandbox: no account, no network
	@./examples/demo.sh bin/bulk

.PHONY: dist
dist: ## release archives for all systems in dist/, with checksums, completions and man pages
	$(GO) run ./.ci/dist -o dist -version "$(VERSION)"

.PHONY: test
test: fmt vet vet-elsewhere lint unit ## all that must hold: format, vet, lint, unit and end-to-end tests with the race detector

.PHONY: fmt
fmt: ## fail where a file is not formatted
	@files=$$(gofmt -l cmd internal bench mutants .ci); if [ -n "$$files" ]; then echo "not formatted: $$files"; exit 1; fi

.PHONY: vet
vet:
	$(GO) vet ./...
	$(GO) vet -tags engine ./cmd/bulk ./cmd/bulk/engine/...

.PHONY: vet-elsewhere
vet-elsewhere: ## what is built for Windows and macOS compiles there, its tests too
	GOOS=windows $(GO) vet ./... ./.ci/dist
	GOOS=darwin $(GO) vet ./... ./.ci/dist

.PHONY: lint
lint: ## staticcheck, pinned in go.mod
	$(GO) tool staticcheck ./...

# The race detector needs a C compiler.
RACE := $(shell command -v $$($(GO) env CC) >/dev/null && echo -race)
unit test-long test-engine: export CGO_ENABLED := $(if $(RACE),1,0)

.PHONY: unit
unit:
	@[ -n "$(RACE)" ] || echo "no C compiler here: the tests run without the race detector (apt-get install gcc)"
	$(GO) tool gotestsum --format standard-quiet --hide-summary output -- $(RACE) -timeout 30m ./...

.PHONY: test-long
test-long: ## hundreds of kills, longer properties: half an hour or so
	BULK_LONG=1 $(GO) test -race -count=1 -timeout 60m ./cmd/bulk ./internal/jobs/...

# A Temporal server of the version in temporaltest is built for it, once, into the user's
# cache; BULK_TEST_TEMPORAL names a folder that has its programs.
.PHONY: test-engine
test-engine: ## runs handed to workers, many of which are killed, and some frozen, by PostgreSQL and Temporal (half an hour; needs PostgreSQL)
	$(GO) vet -tags engine ./cmd/bulk/...
	$(GO) test -tags engine -race -count=1 -timeout 20m ./cmd/bulk/engine/...
	BULK_LONG=1 $(GO) test -tags engine -race -count=1 -timeout 60m -run '^(TestWorkers|TestNothingIs|TestScriptsOfTemporal|TestTemporal|TestWhoCan)' ./cmd/bulk

.PHONY: test-windows
test-windows: ## the Windows binary under wine: packages and stories (many minutes)
	.ci/test-windows

.PHONY: fuzz
fuzz: ## a minute for each fuzz target
	@for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-60s} $$package || exit 1; \
	  done; \
	done

.PHONY: mutants
mutants: ## change the program in a few hundred places, one at a time: do the tests notice? (half an hour)
	$(GO) run ./mutants $(MUTANTS)

.PHONY: bench
bench: ## every performance bound, measured here and now, as a table (minutes)
	@$(GO) run ./bench

.PHONY: profile
profile: ## CPU and heap profiles of a run of reads and of one of irreversible rows
	@$(GO) run ./bench -profile profile
