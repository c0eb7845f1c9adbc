package main

// expected are the checks of each judge that fail, and why they may.
var expected = map[string][]expectation{}

// notAsked are tools that would judge, and why they do not.
var notAsked = []struct{ name, reason string }{
	{"connectrpc.com/conformance 1.0.5", "It judges implementations of the protocols by a service of its own, whose messages carry what to respond; a server has to implement that service. Here that would judge connect's and grpc-go's handlers with none of the facade's code in front of them."},
	{"h2spec 2.6.0", "The module proxy has no later version than v2.2.1."},
	{"kube-linter, polaris", "Cannot be built from the module proxy. kube-score and `tools/deploycheck`, with Kubernetes' own types, judge the manifests."},
	{"CodeQL, govulncheck, OpenSSF Scorecard", "Need databases that only the hosted CI reaches: `.github/workflows/security.yml`."},
}
