//go:build unix

package redis_test

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
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

// TestConn_IsNotMadeAgain shows that a call never dials: whoever finds the connection lost
// would wait, and all others with it.
func TestConn_IsNotMadeAgain(t *testing.T) {
	t.Parallel()
	at := redistest.Start(t)
	lost := make(chan struct{})
	var once sync.Once
	conn, err := server(t, "redis://"+at.Addr).Connect(t.Context(), &replicas.Settings{Prefix: prefix, ID: "one", Timeout: time.Second},
		replicas.Events{Changed: func() { once.Do(func() { close(lost) }) }, Released: func(sessioncache.Tag) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Find(t.Context(), &replicas.FindRequest{}); err != nil {
		t.Fatal(err)
	}
	command(t, at, "CLIENT", "KILL", "TYPE", "normal")
	<-lost
	for range 3 {
		if _, err := conn.Find(t.Context(), &replicas.FindRequest{}); err == nil {
			t.Error("a connection that was lost is used")
		}
	}
	if strings.Contains(command(t, at, "CLIENT", "LIST"), "name=session-facade") {
		t.Error("it was made again")
	}
}

func TestConnect_ErrorsHaveNoPassword(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		command := make([]byte, 1<<10)
		n, _ := conn.Read(command)
		_, _ = conn.Write([]byte("-ERR what is " + strings.Join(strings.Fields(string(command[:n])), " ") + "\r\n+OK\r\n"))
		_, _ = conn.Read(command)
	}()
	_, err = server(t, "redis://:right-secret@"+listener.Addr().String()).Connect(t.Context(), &replicas.Settings{Prefix: prefix},
		replicas.Events{Changed: func() {}, Released: func(sessioncache.Tag) {}})
	if err == nil || !strings.Contains(err.Error(), "what is") || strings.Contains(err.Error(), "right-secret") {
		t.Error(err)
	}
}

func TestConn_HearsOfClaimsAndEndings(t *testing.T) {
	t.Parallel()
	at := server(t, "redis://"+redistest.Start(t).Addr)
	changed, released := make(chan struct{}, 100), make(chan sessioncache.Tag, 100)
	connect := func(id string, on replicas.Events) replicas.Conn {
		conn, err := at.Connect(t.Context(), &replicas.Settings{Prefix: prefix, ID: id, Timeout: time.Second, Retention: time.Minute}, on)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		return conn
	}
	connect("hears", replicas.Events{Changed: func() { changed <- struct{}{} }, Released: func(key sessioncache.Tag) { released <- key }})
	tells := connect("tells", replicas.Events{Changed: func() {}, Released: func(sessioncache.Tag) {}})
	first, err := tells.Sync(t.Context(), &replicas.SyncRequest{})
	if err != nil {
		t.Fatal(err)
	}
	hears(t, changed, struct{}{}) // of the generation
	if _, err := tells.Find(t.Context(), &replicas.FindRequest{Key: tag("key"), Claim: true}); err != nil {
		t.Fatal(err)
	}
	hears(t, released, tag("key"))
	if err := tells.Release(t.Context(), tag("key")); err != nil {
		t.Fatal(err)
	}
	hears(t, released, tag("key"))
	if _, err := tells.Sync(t.Context(), &replicas.SyncRequest{Generation: first.Generation, Since: first.Clock, Vouch: first.Now, Sequence: 1,
		Endings: []replicas.Ending{{Tag: tag("key"), Kind: replicas.HasEnded}}}); err != nil {
		t.Fatal(err)
	}
	hears(t, changed, struct{}{})
}

func hears[T comparable](t *testing.T, from chan T, want T) {
	t.Helper()
	select {
	case got := <-from:
		if got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	case <-time.After(patience):
		t.Fatal("never heard")
	}
}
