// Package deploycheck tests the manifests in deploy/ against the types that
// Kubernetes and Envoy themselves use. It is a module of its own to keep those out of the
// facade's.
package deploycheck
