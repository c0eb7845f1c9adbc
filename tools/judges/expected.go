package main

// library is why what the bare library fails too may fail here.
const library = "Not the facade's: the library alone fails it in the same run. How many hangs on who is faster."

// expected are the checks of each judge that fail, and why they may.
var expected = map[string][]expectation{
	"h2spec-http": {{"* (bare net/http too)", library}},
	"h2spec-grpc": {{"* (bare grpc-go too)", library}},
	"redocly": {
		{"info-license #/info", "The API is the vendor's, who names no licence of it."},
		{"sandbox: info-license #/info", "The repository has no licence to name."},
		{"sandbox: operation-4xx-response *", "These operations refuse nothing."},
	},
	"spectral": {
		{"info-contact info", "The API is the vendor's, who names no contact for it."},
		{"sandbox: info-contact info", "It is a tool for tests, and whoever runs it is who to ask."},
		{"sandbox: operation-tags *", "A dozen operations, whose paths say what they belong to."},
		{"sandbox: operation-description *", "The summary says it all."},
	},
	"kube-score": {
		{"* Deployment container-image-tag", "The name is a place-holder. An overlay names the image, by digest: deploy/README.md."},
		{"* Deployment container-resources", "No CPU limit: it would throttle the moment after a restart, when connections come back all at once. Memory has one."},
		{"* Deployment container-ephemeral-storage-request-and-limit", "The root file system is read-only and there is no volume to write to. What remains is the log, which the kubelet rotates; a limit would evict a replica for a burst of lines."},
		{"base Deployment deployment-has-host-podantiaffinity", "topologySpreadConstraints spread the replicas over hosts and zones; kube-score knows affinity only."},
		{"overlays/production Deployment deployment-has-host-podantiaffinity", "As in the base."},
		{"overlays/sandbox Deployment deployment-replicas", "The sandbox keeps sessions in memory: two replicas would be two upstreams."},
		{"overlays/sandbox Deployment deployment-strategy", "For the same reason it is recreated, and not rolled."},
	},
	"testssl": {
		{"*, DNS_CAArecord", "The judges' server has no name in the DNS."},
		{"*, cert_revocation", "The judges' own CA revokes nothing."},
		{"*, engine_problem", "The tool's own: it looks for GOST ciphers, which Go has none of."},
		{"*, TLS_session_ticket", "crypto/tls's: a week is the longest that TLS 1.3 allows, and the keys of tickets change daily."},
		{"HTTP port over TLS, HSTS", "It would bind every port of a host whose name is the operator's. Callers are programs; what has pages sets it in front."},
	},
	"slowhttptest": {
		{"headers, on all connections that are allowed", "Whoever holds all of `--max-connections` (200 here, 16,384 by default) with headers half sent holds the port, for the 10 s that a header may take. None of them is idle, so that none gives way."},
	},
	"shellcheck": {
		{"examples/run SC2016", "Not meant to expand: the backticks are those of Markdown."},
		{"examples/run SC2154", "The trap assigns pid itself."},
		{"examples/run SC2317", "Functions are called by a name that is put together (run_LANGUAGE, lacks_LANGUAGE)."},
	},
}

// notAsked are tools that would judge, and why they do not.
var notAsked = []struct{ name, reason string }{
	{"connectrpc.com/conformance 1.0.5", "It judges implementations of the protocols by a service of its own, whose messages carry what to respond; a server has to implement that service. Here that would judge connect's and grpc-go's handlers with none of the facade's code in front of them."},
	{"h2spec 2.6.0", "The module proxy has no later version than v2.2.1."},
	{"kube-linter, polaris", "Cannot be built from the module proxy. kube-score and `tools/deploycheck`, with Kubernetes' own types, judge the manifests."},
	{"CodeQL, govulncheck, OpenSSF Scorecard", "Need databases that only the hosted CI reaches: `.github/workflows/security.yml`."},
}
