package replicas_test

import (
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// TestEnd_WithoutABeginning shows that a replica which only tells that something has ended does
// not end the fence of another one, whose call is still out.
func TestEnd_WithoutABeginning(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		begins, _ := connect(t, options(server.Replica()), nil)
		tells, _ := connect(t, options(server.Replica()), nil)
		of := []sessioncache.Tag{tag("session")}
		begins.End(t.Context(), of, true)
		tells.End(t.Context(), of, false)
		time.Sleep(time.Second)
		now := time.Now()
		kept, err := tells.Keep(t.Context(), tells.Moment(), &sessioncache.Session{Key: tag("key"), Tags: of,
			Sent: now, FreshUntil: now.Add(time.Minute), StaleUntil: now.Add(time.Minute)})
		if kept || err != nil {
			t.Errorf("kept while a call may be ending it: %t, %v", kept, err)
		}
	})(t)
}

// TestEnd_OfWhoIsGone shows that what was asked for while a replica was ending a session is not
// kept either when that replica is gone, and its fence over: the session may have ended at its
// last moment.
func TestEnd_OfWhoIsGone(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		gone, _ := connect(t, options(way), nil)
		stays, _ := connect(t, options(server.Replica()), nil)
		of := []sessioncache.Tag{tag("session")}
		gone.End(t.Context(), of, true)
		way.Cut()
		time.Sleep(9 * time.Second)
		s, since := session("x"), stays.Moment()
		s.Tags = of
		time.Sleep(3 * time.Second) // the fence is over, after 10 s
		if kept, err := stays.Keep(t.Context(), since, s); kept || err != nil {
			t.Errorf("kept: %t, %v", kept, err)
		}
		s, since = session("x"), stays.Moment()
		if kept, err := stays.Keep(t.Context(), since, s); !kept || err != nil {
			t.Errorf("what was asked for afterwards is not kept: %t, %v", kept, err)
		}
	})(t)
}
