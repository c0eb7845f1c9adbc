// Command judges has tools that others made look at the facade: a freshly built server
// on the sandbox, its pages and its manifests. What a tool finds must be in the table
// of what is expected (expected.go), with the reason; whatever is not, or is there no
// longer, fails. So does a judge that makes fewer checks than docs/CONFORMANCE.md has.
//
//	go run ./tools/judges             all of them
//	go run ./tools/judges -quick      those that take seconds, and need little to be installed
//	go run ./tools/judges -only=NAME  one
//	go run ./tools/judges -write      also writes docs/CONFORMANCE.md
//	go run ./tools/judges -planted    shows that a mistake is caught
//
// Tools are installed where they are missing: Go's into bin/judges, npm's below
// tools/judges/npm, Debian's by apt-get if CI=true. One that cannot be had is skipped on
// a laptop, loudly, and fails where CI=true.
package main
