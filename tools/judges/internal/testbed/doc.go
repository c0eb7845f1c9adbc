// Package testbed has what foreign judges share: their programs, installed; the server,
// freshly built; certificates. It knows nothing of what is judged.
package testbed
