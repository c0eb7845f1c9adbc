package grpcserver

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// await lets a second pass, in which what can happen at once has happened.
func await() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// TestTap_UnfinishedRequestsEnd shows that streams of headers only, and messages that
// lack a byte or the stream's end, are ended when their time is over.
func TestTap_UnfinishedRequestsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		c := f.dial(t, 1<<20, false)
		whole := large(t, 100<<10)
		headers, short, open := c.headers(authenticate), c.headers(authenticate), c.headers(authenticate)
		go c.data(short, whole[:len(whole)-1], false)
		await()
		c.data(open, whole, false)
		checked := c.headers(check)
		watched := c.headers(watch)
		c.data(watched, make([]byte, 5), false)
		time.Sleep(transport.RequestTimeout - 2*time.Second)
		synctest.Wait()
		all := []uint32{headers, short, open, checked, watched}
		for _, id := range all {
			if got := c.ended(id); got != "" {
				t.Errorf("stream %d ended early: %s", id, got)
			}
		}
		if n := f.pipeline.Incomplete.Len(); n != len(all) {
			t.Errorf("%d requests are unfinished", n)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		for _, id := range all {
			if got := c.ended(id); got == "" {
				t.Errorf("stream %d is still there", id)
			}
		}
		f.isIdle(t)
		if f.service.calls.Load() > 0 {
			t.Error("an unfinished call was made")
		}
	})
}

// TestStreams_ReflectionEndsWhenNothingIsAsked shows that a reflection stream may ask
// more, and ends when it does not.
func TestStreams_ReflectionEndsWhenNothingIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		c := f.dial(t, 1<<20, false)
		id := c.headers(reflect)
		for range 5 {
			c.data(id, []byte{0, 0, 0, 0, 2, 0x3a, 0}, false)
			time.Sleep(transport.RequestTimeout * 9 / 10)
			synctest.Wait()
			if got := c.ended(id); got != "" {
				t.Fatalf("ended: %s", got)
			}
		}
		time.Sleep(transport.RequestTimeout)
		synctest.Wait()
		if c.ended(id) == "" {
			t.Error("is still open")
		}
		f.isIdle(t)
	})
}

// TestWatches_TheLongestGiveWay opens more health watches than there may be.
func TestWatches_TheLongestGiveWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		first := f.dial(t, 1<<20, false)
		for range 100 {
			first.call(watch)
		}
		await()
		for range 10 {
			c := f.dial(t, 1<<20, false)
			for range 100 {
				c.call(watch)
			}
			await()
		}
		if n := f.pipeline.Health.Streams.Len(); n != 1024 {
			t.Errorf("%d watches are open", n)
		}
		ended := 0
		for _, id := range first.ids(1, 100) {
			if first.ended(id) != "" {
				ended++
			}
		}
		if ended != 1100-1024 {
			t.Errorf("%d of the oldest have given way", ended)
		}
		f.pipeline.Health.EndWatches()
		synctest.Wait()
		f.isIdle(t)
	})
}

// TestConnection_HeldBackOverTheBudget sends, over ten connections, a hundred messages
// each that lack a byte: no more comes in than there is memory for, others are
// served meanwhile, and all is over when the messages are late.
func TestConnection_HeldBackOverTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := options()
		const budget = 32 * mib
		o.Memory = newBudget(budget)
		f := newFixture(t, o)
		defer f.stop(t)
		whole := large(t, 4*mib-8)
		for i := range 10 {
			c := f.dial(t, 1<<20, false)
			go func() {
				for j := range 100 {
					id := c.headers(authenticate)
					if i == 0 && j%2 == 0 {
						c.data(id, whole, false) // whole, but for the end of the stream
					} else if !c.data(id, whole[:len(whole)-1], false) {
						return
					}
				}
			}()
		}
		await()
		for range 8 {
			// What a connection may send before it is looked at, and one message decoded.
			const most = budget + 10*(96<<10) + 4*mib
			if n := f.incompleteBytes.Load(); n > most || n < budget/2 {
				t.Fatalf("%d MiB have come in", n/mib)
			}
			honest := f.dial(t, 1<<20, false)
			id := honest.call(list)
			synctest.Wait()
			if got := honest.ended(id); got != "0" {
				t.Fatalf("an honest call is answered %q", got)
			}
			await()
		}
		time.Sleep(3 * transport.RequestTimeout)
	})
}

// TestReserve_WaitsWithinTheDeadline shows that a request for which there is no memory
// waits, counted, and is refused at its deadline, or served when there is some.
func TestReserve_WaitsWithinTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		taken := f.pipeline.Memory.Lease()
		if err := taken.Grow(t.Context(), f.pipeline.Memory.Size()); err != nil {
			t.Fatal(err)
		}
		c := f.dial(t, 1<<20, false)
		whole := large(t, mib)
		short, long := c.headers(authenticate, "grpc-timeout", "3S"), c.headers(authenticate)
		go c.data(short, whole, true)
		await()
		c.data(long, whole, true)
		small := c.call(list)
		await()
		if got := c.ended(small) + "," + c.ended(short) + "," + c.ended(long); got != "0,," {
			t.Fatalf("answered %s", got)
		}
		if n := f.incompleteBytes.Load(); n < 4*mib {
			t.Errorf("%d bytes are counted of two messages of a MiB, each there twice", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := c.ended(short); got != "8" && got != "4" && got != "RST" {
			t.Errorf("past its deadline: %q", got)
		}
		time.Sleep(11 * time.Second)
		taken.Release()
		synctest.Wait()
		if got := c.ended(long); got != "0" {
			t.Errorf("when there is memory: %q", got)
		}
		f.isIdle(t)
	})
}

// TestReserve_Overloaded shows what a caller is told for whose request there is no
// memory.
func TestReserve_Overloaded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		taken := f.pipeline.Memory.Lease()
		defer taken.Release()
		if err := taken.Grow(t.Context(), f.pipeline.Memory.Size()); err != nil {
			t.Fatal(err)
		}
		c := f.dial(t, 1<<20, false)
		id := c.headers(authenticate)
		c.data(id, large(t, mib), true)
		time.Sleep(14 * time.Second)
		synctest.Wait()
		if got := c.ended(id); got != "" {
			t.Fatalf("answered %q early", got)
		}
		await()
		await()
		if got := c.ended(id); got != "8" {
			t.Errorf("answered %q", got)
		}
		taken.Release()
		f.isIdle(t)
	})
}

// TestReserve_ChargesTheCopies shows what a request is charged while its call is under
// way, and from which size on.
func TestReserve_ChargesTheCopies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		f.service.hold = make(chan struct{})
		c := f.dial(t, 1<<20, false)
		for size, charged := range map[int]int64{membudget.Free: 0, membudget.Free + 1: 7 * (membudget.Free + 1), mib: 7 * mib} {
			before := f.pipeline.Memory.Used()
			c.data(c.headers(authenticate), sized(t, size), true)
			synctest.Wait()
			if got := f.pipeline.Memory.Used() - before; got != charged {
				t.Errorf("%d bytes are charged as %d", size, got)
			}
			if n := f.incompleteBytes.Load(); n != 0 {
				t.Errorf("%d bytes are counted twice", n)
			}
		}
		close(f.service.hold)
		synctest.Wait()
		f.isIdle(t)
	})
}

// sized is a request whose message has so many bytes.
func sized(t *testing.T, size int) []byte {
	t.Helper()
	for pad := range 8 {
		if m := large(t, size+5+pad); len(m) == size+5 {
			return m
		}
	}
	t.Fatalf("no message has %d bytes", size)
	return nil
}
