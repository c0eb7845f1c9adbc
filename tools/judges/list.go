package main

import (
	"github.com/wingspan-grpc/session-facade/tools/judges/internal/judge"
	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// judges are all of them, in the order of the page.
func judges() []entry {
	h2spec := testbed.Go("h2spec", "github.com/summerwind/h2spec/cmd/h2spec", "v2.2.1+incompatible")
	sandbox := "server --sandbox"
	return []entry{
		{"h2spec-http", []testbed.Tool{h2spec}, "the HTTP port's HTTP/2, beside a bare net/http", "h2spec -p $HTTP -P /docs", true, judge.HTTPPort},
		{"h2spec-grpc", []testbed.Tool{h2spec}, "the gRPC port's HTTP/2, beside a bare grpc-go", "h2spec -p $GRPC", false, judge.GRPCPort},
		{"json-requests", []testbed.Tool{testbed.Own("RFC", "RFC 8259")}, "REST requests, along the JSON test suite", sandbox, true, judge.JSONRequests},
		{"json-responses", []testbed.Tool{testbed.Own("RFC", "RFC 8259")}, "the upstream's responses, along the JSON test suite", "server --upstream-url=…", true, judge.JSONResponses},
		{"redocly", []testbed.Tool{testbed.NPM("redocly", "2.77.0")}, "the OpenAPI documents of REST and of the sandbox", "redocly lint " + judge.Document, false, judge.Redocly},
		{"spectral", []testbed.Tool{testbed.NPM("spectral", "6.16.3")}, "the same, by `spectral:oas`", "spectral lint " + judge.Document, false, judge.Spectral},
		{"prism", []testbed.Tool{testbed.NPM("prism", "5.14.2")}, "each operation's request and response", "prism proxy --errors " + judge.Document + " http://$HTTP", false, judge.Prism},
		{"openapi-typescript", []testbed.Tool{testbed.NPM("openapi-typescript", "7.13.0"), testbed.NPM("tsc", "5.9.3")}, "a client of the OpenAPI document, compiled and run", "openapi-typescript " + judge.Document, false, judge.Generator("openapi-typescript")},
		{"hey-api", []testbed.Tool{testbed.NPM("openapi-ts", "0.95.0"), testbed.NPM("tsc", "5.9.3")}, "the same", "openapi-ts -i " + judge.Document, false, judge.Generator("hey-api")},
		{"orval", []testbed.Tool{testbed.NPM("orval", "7.13.2"), testbed.NPM("tsc", "5.9.3")}, "the same", "orval --input " + judge.Document + " --client fetch", false, judge.Generator("orval")},
		{"grpc-health-probe", []testbed.Tool{testbed.Go("grpc-health-probe", "github.com/grpc-ecosystem/grpc-health-probe", "v0.4.62")}, "health on all ports", "grpc-health-probe -addr $GRPC", true, judge.Health},
		{"buf-curl", []testbed.Tool{testbed.Own("buf", "1.75.0")}, "Connect, gRPC-Web and gRPC, and their errors", "go test ./test/clients -run TestBufCurl -v", false, judge.BufCurl},
		{"ghz", []testbed.Tool{testbed.Go("ghz", "github.com/bojand/ghz/cmd/ghz", "v0.121.0")}, "2,000 gRPC calls at each port", "ghz --call " + judge.ServiceName + ".Authenticate $GRPC", false, judge.Ghz},
		{"h2load", []testbed.Tool{testbed.Debian("h2load", "nghttp2-client", "1.52.0")}, "2,000 REST calls over HTTP/2, by 1 and 100 streams", "h2load -n 2000 -m 100 $HTTP", true, judge.H2load},
		{"autocannon", []testbed.Tool{testbed.NPM("autocannon", "9.0.0")}, "2,000 pipelined REST calls, each response compared", "autocannon -p 16 -a 2000 -E … $HTTP", false, judge.Autocannon},
		{"slowhttptest", []testbed.Tool{testbed.Debian("slowhttptest", "slowhttptest", "1.8.2")}, "slow headers, bodies, ranges and readings, 250 connections each", "slowhttptest -H -c 250 -u $HTTP/docs", false, judge.SlowHTTP},
		{"sslscan", []testbed.Tool{testbed.Debian("sslscan", "sslscan", "2.0.7")}, "protocols, ciphers and groups of each TLS port", "sslscan $HTTP", true, judge.SSLScan},
		{"testssl", []testbed.Tool{testbed.Debian("testssl", "testssl.sh", "3.0.8")}, "the TLS ports in full", "testssl $HTTP", false, judge.TestSSL},
		{"promtool", []testbed.Tool{testbed.Debian("promtool", "prometheus", "2.42.0")}, "metrics, alerts and their tests", "promtool check metrics; promtool check rules; promtool test rules", true, judge.Promtool},
		{"kube-score", []testbed.Tool{testbed.Go("kube-score", "github.com/zegl/kube-score/cmd/kube-score", "v1.20.0"), testbed.Go("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "v5.8.1")}, "the manifests of the base and both overlays", "kustomize build deploy/base \\| kube-score score -", false, judge.KubeScore},
		{"actionlint", []testbed.Tool{testbed.Go("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12")}, "the workflows", "actionlint", true, judge.Actionlint},
		{"shellcheck", []testbed.Tool{testbed.Debian("shellcheck", "shellcheck", "0.9.0")}, "all shell scripts", "shellcheck tools/proofs …", true, judge.ShellCheck},
		{"staticcheck", []testbed.Tool{testbed.Go("staticcheck", "honnef.co/go/tools/cmd/staticcheck", "v0.8.2")}, "all Go packages", "staticcheck ./...", false, judge.Staticcheck},
		{"gitleaks", []testbed.Tool{testbed.Go("gitleaks", "github.com/zricethezav/gitleaks/v8", "v8.30.1")}, "all commits, with the allow-list `.gitleaks.toml`", "gitleaks git .", false, judge.Gitleaks},
	}
}
