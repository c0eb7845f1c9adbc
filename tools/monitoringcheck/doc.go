// Package monitoringcheck tests the dashboard and the alerts in deploy/ with
// Prometheus's own parser, rule checks and query engine. It is a module of its own to
// keep those out of the facade's.
//
// The alerts' cases, deploy/monitoring/alerts_test.yaml, have the form of
// `promtool test rules`, which runs them too. promtool itself brings along every
// service discovery and cloud that Prometheus knows; what is used here is a tenth.
package monitoringcheck
