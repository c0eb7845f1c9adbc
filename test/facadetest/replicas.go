package facadetest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Replicas are facades that know nothing of each other, each with a cache of sessions, in
// front of one upstream.
type Replicas struct {
	// Upstream has a session for each token until it is ended.
	Upstream *Recorder
	Facades  []*Facade
}

// StartReplicas starts a number of replicas.
func StartReplicas(tb testing.TB, number int) *Replicas {
	tb.Helper()
	r := &Replicas{Upstream: NewRecorder(tb, Sessions())}
	for range number {
		r.Facades = append(r.Facades, Start(tb, r.Upstream.URL, Config{SessionCacheTTL: time.Hour, Alone: true}))
	}
	return r
}

// Sessions is an upstream that has a session for each token until it is ended.
func Sessions() http.HandlerFunc {
	var ended sync.Map
	return func(w http.ResponseWriter, request *http.Request) {
		token := request.URL.Path[strings.LastIndexByte(request.URL.Path, '/')+1:]
		w.Header().Set("Content-Type", "application/json")
		_, isEnded := ended.Load(token)
		switch {
		case request.Method == http.MethodDelete:
			ended.Store(token, true)
			w.WriteHeader(http.StatusNoContent)
		case isEnded:
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"error":"Session expired"}`))
		default:
			_, _ = fmt.Fprintf(w, `{"expiration":"2099-09-03T19:46:40.748Z","labels":{},"sessionType":"User","token":%q,"userId":"u"}`, token)
		}
	}
}
