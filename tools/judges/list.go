package main

// judges are all of them, in the order of the page.
func judges() []judge { //nolint:funlen // a table
	h2spec := goTool("h2spec", "github.com/summerwind/h2spec/cmd/h2spec", "v2.2.1+incompatible")
	sandbox := "server --sandbox"
	return []judge{
		{"h2spec-http", []tool{h2spec}, "the HTTP port's HTTP/2, beside a bare net/http", "h2spec -p $HTTP -P /docs", true, judgeHTTPPort},
		{"h2spec-grpc", []tool{h2spec}, "the gRPC port's HTTP/2, beside a bare grpc-go", "h2spec -p $GRPC", false, judgeGRPCPort},
		{"json-requests", []tool{own("RFC 8259")}, "REST requests, along the JSON test suite", sandbox, true, judgeJSONRequests},
		{"json-responses", []tool{own("RFC 8259")}, "the upstream's responses, along the JSON test suite", "server --upstream-url=…", true, judgeJSONResponses},
		{"redocly", []tool{npmTool("redocly", "2.77.0")}, "the OpenAPI document", "redocly lint " + document, true, judgeByRedocly},
		{"spectral", []tool{npmTool("spectral", "6.16.3")}, "the OpenAPI document, by `spectral:oas`", "spectral lint " + document, true, judgeBySpectral},
		{"prism", []tool{npmTool("prism", "5.14.2")}, "each operation's request and response", "prism proxy --errors " + document + " http://$HTTP", true, judgeByPrism},
		{"openapi-typescript", []tool{npmTool("openapi-typescript", "7.13.0"), npmTool("tsc", "5.9.3")}, "a client of the OpenAPI document, compiled and run", "openapi-typescript " + document, true, judgeByGenerator("openapi-typescript")},
		{"hey-api", []tool{npmTool("openapi-ts", "0.95.0"), npmTool("tsc", "5.9.3")}, "the same", "openapi-ts -i " + document, true, judgeByGenerator("hey-api")},
		{"orval", []tool{npmTool("orval", "7.13.2"), npmTool("tsc", "5.9.3")}, "the same", "orval --input " + document + " --client fetch", true, judgeByGenerator("orval")},
		{"grpc-health-probe", []tool{goTool("grpc-health-probe", "github.com/grpc-ecosystem/grpc-health-probe", "v0.4.62")}, "health on all ports", "grpc-health-probe -addr $GRPC", true, judgeHealth},
		{"buf-curl", []tool{own("1.75.0")}, "Connect, gRPC-Web and gRPC, and their errors", "go test ./test/clients -run TestBufCurl -v", false, judgeByBuf},
		{"ghz", []tool{goTool("ghz", "github.com/bojand/ghz/cmd/ghz", "v0.121.0")}, "2,000 gRPC calls at each port", "ghz --call " + serviceName + ".Authenticate $GRPC", false, judgeByGhz},
		{"h2load", []tool{debianTool("h2load", "nghttp2-client", "1.52.0")}, "2,000 REST calls over HTTP/2, by 1 and 100 streams", "h2load -n 2000 -m 100 $HTTP", true, judgeByH2load},
		{"autocannon", []tool{npmTool("autocannon", "9.0.0")}, "2,000 pipelined REST calls, each response compared", "autocannon -p 16 -a 2000 -E … $HTTP", true, judgeByAutocannon},
		{"slowhttptest", []tool{debianTool("slowhttptest", "slowhttptest", "1.9.0")}, "slow headers, bodies, ranges and readings on twice as many connections as are allowed", "slowhttptest -H -c 400 -u $HTTP", false, judgeSlowly},
		{"sslscan", []tool{debianTool("sslscan", "sslscan", "2.0.7")}, "protocols, ciphers and groups of each TLS port", "sslscan $HTTP", true, judgeTLS},
		{"testssl", []tool{debianTool("testssl", "testssl.sh", "3.0.8")}, "the TLS ports in full", "testssl $HTTP", false, judgeTLSFully},
		{"promtool", []tool{debianTool("promtool", "prometheus", "2.42.0")}, "metrics, alerts and their tests", "promtool check metrics; promtool check rules; promtool test rules", true, judgeMetrics},
		{"kube-score", []tool{goTool("kube-score", "github.com/zegl/kube-score/cmd/kube-score", "v1.20.0"), goTool("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "v5.8.1")}, "the manifests of the base and both overlays", "kustomize build deploy/base \\| kube-score score -", false, judgeManifests},
		{"actionlint", []tool{goTool("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12")}, "the workflows", "actionlint", true, judgeWorkflows},
		{"shellcheck", []tool{debianTool("shellcheck", "shellcheck", "0.9.0")}, "all shell scripts", "shellcheck tools/proofs …", true, judgeScripts},
		{"staticcheck", []tool{goTool("staticcheck", "honnef.co/go/tools/cmd/staticcheck", "v0.8.2")}, "all Go packages", "staticcheck ./...", false, judgeGo},
		{"gitleaks", []tool{goTool("gitleaks", "github.com/zricethezav/gitleaks/v8", "v8.30.1")}, "all commits, with the allow-list `.gitleaks.toml`", "gitleaks git .", true, judgeSecrets},
	}
}
