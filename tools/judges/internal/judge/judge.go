// Package judge asks tools that others made about the facade. Each function runs one tool
// and counts what it says in a Verdict; an error means that it has said nothing.
package judge

import "fmt"

// Document is the OpenAPI document.
const Document = "gen/openapi/openapi.json"

// Verdict is what a judge has found.
type Verdict struct {
	Passed int
	Failed map[string]string // check to what the tool says of it
}

// Check counts one check.
func (v *Verdict) Check(ok bool, name, format string, args ...any) {
	if ok {
		v.Passed++
		return
	}
	v.Failed[name] = fmt.Sprintf(format, args...)
}
