# By tag, which moves with Go's and Debian's fixes. Whoever needs the same base again
# gives it by digest, golang@sha256:…, as the release workflow does.
ARG GO_IMAGE=golang:1.26-bookworm

# The builder runs on its own machine's architecture and cross-compiles, so that
# another architecture needs no emulation.
FROM --platform=$BUILDPLATFORM $GO_IMAGE AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# What .dockerignore lets through.
COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=unknown
ARG COMMIT=unknown
# grpcnotrace leaves out a debug page of gRPC's that is off anyway, and with it 5 MB:
# its templates keep the linker from dropping methods that nobody calls.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -tags grpcnotrace -trimpath -buildvcs=false -ldflags \
    "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /server ./cmd/server

RUN tools/license-texts /licenses

# No shell, so no HEALTHCHECK: probe /livez and /readyz, or gRPC health.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /licenses /licenses
COPY --from=build /server /server
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# gRPC, REST, admin
EXPOSE 9090 8080 9091
ENTRYPOINT ["/server"]
