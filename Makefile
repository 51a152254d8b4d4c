# Gatehouse. `make help` lists what there is.

GO      ?= go
CACHE   ?= $(or $(GATEHOUSE_CACHE),$(HOME)/.cache/gatehouse)
LAMBDA  := signup login account organizations invitations workspace permissions pages edge authorizer outbox sweep
LDFLAGS := -s -w -buildid=
ARCH    ?= arm64

.PHONY: help run test check race engines fuzz test-clients faults faults-long linear model scorecard timing vuln bench overload build $(LAMBDA:%=build-%Function)

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## everything on this machine, at http://localhost:8080
	$(GO) run ./cmd/gatehouse serve

test: ## all tests that need nothing but Go
	$(GO) test ./...

check: test ## what CI runs: test, format, vet, staticcheck, race, the contract on a DynamoDB engine, CVAT's SDK, both architectures
	@test -z "$$(gofmt -l cmd functions internal *.go)" || { gofmt -l cmd functions internal *.go; echo 'not gofmt-ed'; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod verify
	$(MAKE) race engines fuzz test-clients faults
	$(MAKE) build ARCH=arm64
	$(MAKE) build ARCH=amd64

race: ## the tests under the race detector
	$(GO) test -race -timeout 40m ./...

engines: ## the store's contract, its differential test, and the built functions, on dynoxide
	GATEHOUSE_REQUIRE_ENGINES=1 ./scripts/dynoxide run $(GO) test -count=1 ./internal/store/... ./internal/audit/... ./functions/...

FUZZTIME ?= 5000x
fuzz: ## every fuzz target for FUZZTIME (a number of runs, or a time)
	@./scripts/fuzz $(FUZZTIME)

test-clients: ## CVAT's own SDK, from PyPI, against a server of this tree
	./scripts/clients/run

faults: ## a fault at every call of every route, pairs of requests in every order of their store calls, histories of what happens at once
	@GO=$(GO) ./scripts/faults

faults-long: ## the same with every pair of faults, and the longest orders; keeps the records that tests read
	@GO=$(GO) ./scripts/faults long

model: ## the whole API against a model of it, 500 sequences of 50 commands; GATEHOUSE_MODEL=10000 for a night
	GATEHOUSE_MODEL=$(or $(GATEHOUSE_MODEL),500) $(GO) test -count=1 -timeout 12h -v -run '^TestModel' ./internal/model

scorecard: ## docs/security-scorecard.md from all tests; SCORECARD=run.json reads what go test -json ./... has told
	$(GO) run ./internal/scorecard/cmd $(if $(SCORECARD),-json $(SCORECARD))

LINEAR ?= 10000
linear: ## histories of concurrent requests against sequential models, LINEAR in all, under the race detector
	@GATEHOUSE_LINEAR=$(LINEAR) $(GO) test -race -count=1 -timeout 100m -v -run 'TestLinearizable|TestBites' ./internal/linear >$(or $(TMPDIR),/tmp)/gatehouse-linear.$$$$; status=$$?; \
	grep -E '^(linear|--- FAIL|FAIL|ok|panic)|_test.go:.*SEED=|DATA RACE|^  +[0-9]+–' $(or $(TMPDIR),/tmp)/gatehouse-linear.$$$$; rm -f $(or $(TMPDIR),/tmp)/gatehouse-linear.$$$$; exit $$status

timing: ## whether the time of a wrong sign-in tells an account from none; minutes, on a quiet machine
	GATEHOUSE_TEST_TIMING=2000 $(GO) test -count=1 -timeout 30m -v -run TestA12_WelchT ./internal/app

vuln: ## known vulnerabilities, where their database can be reached
	$(GO) tool govulncheck ./...

bench: ## measure, and write the table in the README
	./scripts/bench

overload: ## measure under overload, and write the table in the README; minutes, on a quiet machine
	./scripts/overload

build: ## every function for ARCH (arm64 or amd64) under build/
	@mkdir -p build/$(ARCH)
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) $(GO) build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '$(LDFLAGS)' -o build/$(ARCH)/ ./functions/...

# `sam build` calls these with ARTIFACTS_DIR set.
build-%Function:
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) $(GO) build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '$(LDFLAGS)' -o $(ARTIFACTS_DIR)/bootstrap ./functions/$(shell echo $* | tr A-Z a-z)
