// Package httpclient holds what tests and tools call servers with over HTTP.
package httpclient

import "net/http"

// Shared has connections of its own. Those of net/http's default client are closed by
// each httptest.Server that ends, even where another test's response without a body has
// only just come: that call fails then.
var Shared = &http.Client{Transport: &http.Transport{}}
