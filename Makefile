BUF := go tool -modfile=tools/buf/go.mod buf
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT := go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

.PHONY: help
help: ## Show this; make alone does too
	@echo 'Usage: make TARGET, which is one of'
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16
	@echo 'Tests of one package: go test ./internal/certs. CONTRIBUTING.md says more.'

.PHONY: run
run: ## Run on the sandbox
	go run ./cmd/server --sandbox

.PHONY: build
build: ## Build bin/server with its version
	CGO_ENABLED=0 go build -tags grpcnotrace -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/server ./cmd/server

.PHONY: test
test: ## Run the tests, with the race detector
	go test -race ./...
	go test ./internal/upstream ./internal/sessioncache ./internal/replicas # the race detector cannot do their tests in virtual time

.PHONY: generate
generate: ## Generate gen/ and the tables of README.md and docs/ from proto/
	tools/third-party
	$(BUF) generate
	$(BUF) generate --template test/library/buf.gen.yaml
	$(BUF) build proto --as-file-descriptor-set -o gen/descriptor.binpb
	go run ./tools/stubimage <gen/descriptor.binpb >gen/stubs.new && mv gen/stubs.new gen/stubs.binpb
	go test ./test -run 'TestREADME|TestMIGRATING|TestServiceConfigRetries' -count=1 -update
	tools/service-config

.PHONY: lint
lint: ## Check the .proto files, the Go code and the workflows
	tools/third-party
	$(BUF) format -d --exit-code proto
	$(BUF) lint
	$(BUF) breaking proto --against proto/baseline.binpb
	$(GOLANGCI) run ./...
	$(ACTIONLINT)

.PHONY: baseline
baseline: ## Renew what buf breaking compares with; only at a release
	tools/third-party
	$(BUF) build proto --exclude-source-info -o proto/baseline.binpb

.PHONY: verify
verify: ## Run what CI runs, then the slower proofs
	CI=true .ci/run
	tools/proofs

# The first that is there; `make image DOCKER=buildah` chooses.
DOCKER ?= $(firstword $(foreach tool,docker podman buildah,$(if $(shell command -v $(tool)),$(tool))))

.PHONY: image
image: ## Build the container image for this machine (docker, podman or buildah as DOCKER)
	@[ -n "$(DOCKER)" ] && command -v $(DOCKER) >/dev/null || { echo 'make image: needs docker (with BuildKit), podman or buildah: none is installed, or not the one that DOCKER names' >&2; exit 1; }
	@# Only docker knows of itself what it builds on.
	$(DOCKER) build $(if $(filter-out docker,$(notdir $(DOCKER))),--build-arg BUILDPLATFORM=linux/$(shell go env GOHOSTARCH)) --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t session-facade:$(VERSION) .

.PHONY: image-proof
image-proof: ## Prove that the image builds, runs and is reproducible (root, Debian)
	tools/image-proof

# Anew each time: Go takes no notice of files outside of a test's own module.
.PHONY: deploy-check
deploy-check: ## Check deploy/ with Kubernetes' and Envoy's own types and Prometheus's own engine
	go -C tools/deploycheck test -count=1 ./...
	go -C tools/monitoringcheck test -count=1 ./...

RELEASE_TOOL := go tool -modfile=tools/release/go.mod
# What may be linked in: licences that ask for nothing but their text.
LICENSES := Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT

.PHONY: sbom
sbom: ## List what is linked in, as CycloneDX, in bin/sbom.json
	mkdir -p bin
	$(RELEASE_TOOL) cyclonedx-gomod app -json -std -licenses -noserial -output bin/sbom.json -main cmd/server .

.PHONY: licenses
licenses: ## Check the licences of what is linked in; their texts go to bin/licenses
	$(RELEASE_TOOL) go-licenses check ./cmd/server --ignore $(shell go list -m) --allowed_licenses=$(LICENSES)
	tools/license-texts bin/licenses

GORELEASER := go run github.com/goreleaser/goreleaser/v2@v2.16.0

.PHONY: dist
dist: ## Build what a release would have, into bin/dist; publishes nothing
	$(GORELEASER) check
	$(GORELEASER) release --snapshot --clean

.PHONY: release
release: ## Publish the release of the tag checked out, as a draft (by its workflow)
	$(GORELEASER) release --clean
