BUF := go tool -modfile=tools/buf/go.mod buf
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

.PHONY: help
help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: run
run: ## Run on the sandbox
	go run ./cmd/server --sandbox

.PHONY: build
build: ## Build bin/server with its version
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/server ./cmd/server

.PHONY: test
test: ## Run the tests, with the race detector
	go test -race ./...

.PHONY: generate
generate: ## Generate gen/ from proto/
	tools/third-party
	$(BUF) generate

.PHONY: lint
lint: ## Check the .proto files and the Go code
	tools/third-party
	$(BUF) format -d --exit-code proto
	$(BUF) lint
	$(BUF) breaking proto --against proto/baseline.binpb
	$(GOLANGCI) run ./...

.PHONY: baseline
baseline: ## Renew what buf breaking compares with; only at a release
	tools/third-party
	$(BUF) build proto -o proto/baseline.binpb

.PHONY: verify
verify: ## Run what CI runs, then the slower proofs
	CI=true .ci/run
	tools/fuzz 30s

.PHONY: image
image: ## Build the container image (needs a Docker-compatible builder as DOCKER)
	$(or $(DOCKER),docker) build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t session-facade:$(VERSION) .
