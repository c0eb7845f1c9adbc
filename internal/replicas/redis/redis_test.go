//go:build unix

package redis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/redistest"
)

func TestLink_SharesASessionUntilItEnds(t *testing.T) {
	t.Parallel()
	at := redistest.Start(t)
	a, _ := joined(t, options(server(t, "redis://"+at.Addr)))
	b, heard := joined(t, options(server(t, "redis://"+at.Addr)))
	s := session("one")

	claimed := find(t, a, s, true)
	if !claimed.Claimed || claimed.Session != nil {
		t.Fatalf("%+v, want a claim", claimed)
	}
	busy := find(t, b, s, true)
	if busy.Claimed || busy.Busy == nil {
		t.Fatalf("%+v, want to wait for the other", busy)
	}
	began := time.Now()
	if !keep(t, a, claimed.Moment, s) {
		t.Fatal("not kept")
	}
	<-busy.Busy
	t.Log("pushed after ", time.Since(began))
	got := find(t, b, s, true)
	if got.Session == nil || string(got.Session.Sealed) != string(s.Sealed) || !sameTags(got.Session.Tags, s.Tags) {
		t.Fatalf("%+v, want the session", got)
	}
	if got.Session.Sent.After(s.Sent) || got.Session.FreshUntil.After(s.FreshUntil) || s.Sent.Sub(got.Session.Sent) > 5*time.Second {
		t.Errorf("it became younger, or much older: %v, %v", got.Session, s)
	}

	began = time.Now()
	end(t, a, true, s.Tags[1])
	eventually(t, "the other is told", func() bool { return heard.has(s.Tags[1]) })
	t.Log("told after ", time.Since(began))
	if find(t, b, s, false).Session != nil {
		t.Error("it was found although it may be ending")
	}
	if keep(t, b, b.Moment(), s) {
		t.Error("it was kept although it may be ending")
	}
	end(t, a, false, s.Tags[1])
	eventually(t, "the other's moment is after the end", func() bool { return keep(t, b, find(t, b, s, false).Moment, s) })
	if keep(t, b, claimed.Moment, s) {
		t.Error("it was kept although it has ended since it was asked for")
	}
}

func TestLink_ClosesItsConnection(t *testing.T) {
	t.Parallel()
	at := redistest.Start(t)
	a, _ := joined(t, options(server(t, "redis://"+at.Addr)))
	b, _ := joined(t, options(server(t, "redis://"+at.Addr)))
	clients := func() int { return strings.Count(command(t, at, "CLIENT", "LIST"), "name=session-facade") }
	if n := clients(); n != 2 {
		t.Fatalf("%d connections of two links", n)
	}
	within(t, "Close", slow, a.Close)
	eventually(t, "one has gone", func() bool { return clients() == 1 })
	if known := command(t, at, "HKEYS", "{test}:replicas"); strings.Count(known, "r") != 1 {
		t.Errorf("who has left is known: %s", known)
	}
	command(t, at, "CLIENT", "KILL", "TYPE", "normal")
	eventually(t, "the other is back", func() bool { return clients() == 1 && b.UpToDate(time.Now()) })
}
