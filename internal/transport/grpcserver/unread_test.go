package grpcserver

import (
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// TestUnread_AStalledConnectionIsClosed opens a connection that takes nothing of a
// hundred lists: they stay charged, and the connection is closed. One that takes a
// little of them again and again is not.
func TestUnread_AStalledConnectionIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		f.service.size.Store(200 << 10)
		f.service.charge = 200 << 10
		stuck, slow, honest := f.dial(t, 0, false), f.dial(t, 1, false), f.dial(t, 1<<16, true)
		for range 50 {
			stuck.call(list)
		}
		id := slow.call(list)
		await()
		if got := f.pipeline.Memory.Used(); got != 51*200<<10 {
			t.Errorf("%d KiB are charged of 51 lists", got>>10)
		}
		if len(f.pipeline.InFlight) > 0 || f.unread.Len() != 51 {
			t.Errorf("%d calls are in flight, %d responses unread", len(f.pipeline.InFlight), f.unread.Len())
		}
		for range 2 {
			time.Sleep(transport.StallTimeout/2 - time.Second)
			slow.write(func() error { return slow.framer.WriteWindowUpdate(id, 70<<10) })
			whole := honest.call(list)
			synctest.Wait()
			if got := honest.ended(whole); got != "0" || honest.taken[whole] < 200<<10 {
				t.Fatalf("an honest call is answered %q", got)
			}
			if stuck.isClosed() {
				t.Fatal("closed early")
			}
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if !stuck.isClosed() || slow.isClosed() {
			t.Errorf("closed: who takes nothing %t, who takes a little %t", stuck.isClosed(), slow.isClosed())
		}
		if got := f.pipeline.Memory.Used(); got != 200<<10 {
			t.Errorf("%d KiB are charged", got>>10)
		}
		time.Sleep(transport.StallTimeout)
		synctest.Wait()
		if !slow.isClosed() {
			t.Error("who took a little, and then nothing, is not closed")
		}
		f.isIdle(t)
	})
}

// TestUnread_TheLongestGiveWay shows that responses that are charged to nothing are
// bounded in number: the connection that has left one for longest is closed.
func TestUnread_TheLongestGiveWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.MaxInFlight = 100
		f := newFixture(t, o)
		defer f.stop(t)
		f.service.size.Store(60 << 10)
		first, second := f.dial(t, 0, false), f.dial(t, 0, false)
		for range 60 {
			first.call(list)
			synctest.Wait()
		}
		for range 40 {
			second.call(list)
			synctest.Wait()
		}
		if first.isClosed() {
			t.Fatal("closed within the bound")
		}
		second.call(list)
		synctest.Wait()
		if !first.isClosed() || second.isClosed() || f.unread.Len() != 41 {
			t.Errorf("closed: %t and %t; %d are unread", first.isClosed(), second.isClosed(), f.unread.Len())
		}
	})
}

// TestUnread_CancelledAtRandomMoments ends 10,000 calls, or their connections, at
// random moments: nothing stays charged nor counted.
func TestUnread_CancelledAtRandomMoments(t *testing.T) {
	t.Parallel()
	f := newFixture(t, options())
	f.service.charge = 100 << 10
	for i := range 100 {
		f.service.size.Store(2 << 10) // a single piece, or several
		if i%10 == 0 {
			f.service.size.Store(150 << 10)
		}
		c := f.dial(t, 1<<rand.N(18), rand.N(2) == 0)
		for range 100 {
			switch id := c.headers(list); rand.N(4) {
			case 0:
				c.data(id, make([]byte, 5), true)
				c.reset(id)
			case 1:
				c.reset(id)
			case 2:
				c.data(id, make([]byte, 5), true)
				go c.reset(id)
			case 3:
				c.data(id, make([]byte, 5), true)
			}
		}
		if rand.N(2) == 0 {
			_ = c.Close()
		}
	}
	for _, c := range f.clients {
		_ = c.Close()
	}
	f.grpc.GracefulStop()
	f.served.Wait()
	if f.limited.Open() != 0 {
		t.Errorf("%d connections are open", f.limited.Open())
	}
	f.isIdle(t)
}

// TestUnread_DroppedByGRPC shows that a response which grpc-go forgets to free, as it
// does where the stream was reset a moment before, is given back.
func TestUnread_DroppedByGRPC(t *testing.T) {
	t.Parallel()
	f := newFixture(t, options())
	c := &connection{server: f.server, unread: map[*unread]struct{}{}}
	func() {
		st := &stream{call: f.protocol.NewCall(transport.Metadata(nil), ""), connection: c}
		if err := st.call.Exchange.Lease.Grow(t.Context(), mib); err != nil {
			t.Fatal(err)
		}
		data, err := newCodec().Marshal(&response{largeResponse(), st, st.call.Exchange.Lease})
		if err != nil || data.Len() < mib || len(data) < mib/transport.Piece {
			t.Fatalf("%d bytes in %d pieces, %v", data.Len(), len(data), err)
		}
	}()
	for end := time.Now().Add(10 * time.Second); f.pipeline.Memory.Used() > 0 && time.Now().Before(end); runtime.Gosched() {
		runtime.GC()
	}
	f.stop(t)
}

// TestRefused_LeavesNothing makes calls that are refused in every way, among them with
// deadlines of a day: nothing of them stays, and the connection is idle afterwards.
func TestRefused_LeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.MaxInFlight = 1
		f := newFixture(t, o)
		defer f.stop(t)
		c := f.dial(t, 1<<20, true)
		for name, attack := range map[string]struct {
			method string
			header []string
			want   codes.Code
		}{
			"unknown method":              {"/wingspan.users.v1.SessionAndAuthenticationService/No", nil, codes.Unimplemented},
			"unknown service":             {"/no/No", []string{"grpc-timeout", "24H"}, codes.Unimplemented},
			"no slash":                    {"no", nil, codes.Unimplemented},
			"no method":                   {"/no", []string{"grpc-timeout", "24H"}, codes.Unimplemented},
			"empty path":                  {"", nil, codes.Unimplemented},
			"past its deadline":           {list, []string{"grpc-timeout", "0n"}, codes.DeadlineExceeded},
			"content type":                {list, []string{"content-type", "application/grpc+json"}, codes.Unimplemented},
			"content type, long deadline": {list, []string{"content-type", "application/grpc+json", "grpc-timeout", "24H"}, codes.Unimplemented},
			"content type, no deadline":   {check, []string{"content-type", "application/grpc+thrift", "grpc-timeout", "1S"}, codes.Unimplemented},
			"no content type of gRPC's":   {list, []string{"content-type", "application/json"}, codes.InvalidArgument},
			"unknown compression":         {list, []string{"grpc-encoding", "no"}, codes.Unimplemented},
			"unknown compression, watch":  {watch, []string{"grpc-encoding", "no", "grpc-timeout", "24H"}, codes.Unimplemented},
			"malformed deadline":          {list, []string{"grpc-timeout", "soon"}, codes.Internal},
		} {
			var last uint32
			for range 200 {
				last = c.call(attack.method, attack.header...)
				synctest.Wait()
			}
			if got := c.ended(last); got != itoa(attack.want) {
				t.Errorf("%s: answered %s, want %d", name, got, attack.want)
			}
			f.isIdle(t)
		}
		id := c.call(list)
		synctest.Wait()
		if got := c.ended(id); got != "0" {
			t.Errorf("an honest call: %s", got)
		}
	})
}

// TestOverload_RefusesByDeadline shows how a call over the limit is refused: by the tap
// if that leaves no timer for long, else by the handler, in no case for its message.
func TestOverload_RefusesByDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.MaxInFlight = 1
		f := newFixture(t, o)
		defer f.stop(t)
		f.service.hold = make(chan struct{})
		c := f.dial(t, 1<<20, true)
		held := c.call(list)
		synctest.Wait()
		for deadline, begun := range map[string]int64{"": 0, "1S": 0, "5S": 0, "6S": 1, "24H": 1} {
			var more []string
			if deadline != "" {
				more = []string{"grpc-timeout", deadline}
			}
			before := f.begun.Load()
			id := c.headers(list, more...) // and no message
			synctest.Wait()
			if got := c.ended(id); got != "8" {
				t.Errorf("deadline %q: %q", deadline, got)
			}
			if got := f.begun.Load() - before; got != begun {
				t.Errorf("deadline %q: %d streams have begun, want %d", deadline, got, begun)
			}
		}
		close(f.service.hold)
		synctest.Wait()
		if got := c.ended(held); got != "0" {
			t.Errorf("the call under way: %s", got)
		}
		f.isIdle(t)
	})
}

// TestUnread_AConnectionThatIsNotReadIsClosed pings, so as not to be idle, and takes
// nothing: neither the answers to the pings nor what else there may be.
func TestUnread_AConnectionThatIsNotReadIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		conn := f.listener.dial()
		defer conn.Close()
		framer := http2.NewFramer(conn, conn)
		var begun sync.WaitGroup
		begun.Go(func() {
			_, _ = io.WriteString(conn, http2.ClientPreface)
			_ = framer.WriteSettings()
			_ = framer.WriteSettingsAck()
		})
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			if settings, ok := frame.(*http2.SettingsFrame); ok && settings.IsAck() {
				break
			}
		}
		begun.Wait()
		_ = conn.SetDeadline(time.Now().Add(time.Hour))
		began := time.Now()
		var err error
		for err == nil && time.Since(began) < 5*time.Minute {
			time.Sleep(2 * minPingInterval)
			err = framer.WritePing(false, [8]byte{})
		}
		if took := time.Since(began); err == nil || took > 2*transport.StallTimeout {
			t.Errorf("is open after %s: %v", took, err)
		}
	})
}
