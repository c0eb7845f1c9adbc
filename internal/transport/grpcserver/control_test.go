package grpcserver

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// TestControlMessages_AreNames asks health and reflection for names of several sizes.
// Reflection takes a time that grows with the square of a name's length, and a watch keeps
// what it was asked for.
func TestControlMessages_AreNames(t *testing.T) {
	t.Parallel()
	symbol := func(name string) proto.Message {
		return &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name}}
	}
	service := func(name string) proto.Message { return &healthv1.HealthCheckRequest{Service: name} }
	padded := &healthv1.HealthCheckRequest{}
	padded.ProtoReflect().SetUnknown(append([]byte{0x7a, 0x80, 0x10}, make([]byte, 2<<10)...)) // field 15
	for _, c := range []struct {
		name, method string
		message      proto.Message
		refused      bool
	}{
		{"symbol", reflect, symbol(strings.Repeat("a.", transport.MaxControlMessage/2-2)), false},
		{"long symbol", reflect, symbol(strings.Repeat("a.", transport.MaxControlMessage/2)), true},
		{"huge symbol", reflect, symbol(strings.Repeat("a.", mib)), true},
		{"watch", watch, service(strings.Repeat("a", transport.MaxControlMessage-3)), false},
		{"long watch", watch, service(strings.Repeat("a", transport.MaxControlMessage-2)), true},
		{"padded watch", watch, padded, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, options())
				defer f.stop(t)
				caller := f.dial(t, 1<<20, false)
				id := caller.headers(c.method)
				caller.data(id, framed(t, c.message), c.method == watch)
				await()
				want := ""
				if c.refused {
					want = itoa(codes.ResourceExhausted)
				}
				if got := caller.ended(id); got != want {
					t.Errorf("ended with %q, want %q", got, want)
				}
				f.pipeline.Health.EndWatches()
				synctest.Wait()
			})
		})
	}
}

// TestUnknownMethod_IsToldInPart: what a caller makes up comes back in a header, of which
// those who do not read could pile up many.
func TestUnknownMethod_IsToldInPart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		c := f.dial(t, 1<<20, false)
		id := c.call("/a/" + strings.Repeat("%", 8<<10))
		await()
		c.mu.Lock()
		defer c.mu.Unlock()
		if got := c.message[id]; c.status[id] != itoa(codes.Unimplemented) || len(got) > 512 {
			t.Errorf("%s: a message of %d bytes", c.status[id], len(got))
		}
	})
}

// TestReflections_TheLongestGiveWay: those who ask for the contract and do not take it are
// fewer than those who watch.
func TestReflections_TheLongestGiveWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		c := f.dial(t, 1<<20, false)
		watched := c.call(watch)
		maxReflections := cap(f.pipeline.Health.Streams.Reflecting)
		ids := make([]uint32, 0, 2*maxReflections)
		for range cap(ids) {
			ids = append(ids, c.headers(reflect))
			time.Sleep(10 * time.Millisecond) // one after the other
			synctest.Wait()
		}
		for i, id := range ids {
			if ended := c.ended(id) != ""; ended != (i < maxReflections) {
				t.Errorf("stream %d of %d has ended: %t", i, len(ids), ended)
			}
		}
		if n := len(f.pipeline.Health.Streams.Reflecting); n != maxReflections {
			t.Errorf("%d are served", n)
		}
		if got := c.ended(watched); got != "" || f.pipeline.Health.Streams.Reflections.Len() != maxReflections {
			t.Errorf("the watch ended with %q; %d streams are open", got, f.pipeline.Health.Streams.Reflections.Len())
		}
		time.Sleep(transport.RequestTimeout)
		f.pipeline.Health.EndWatches()
		synctest.Wait()
	})
}

// TestReflections_AreCountedUntilTheyAreTaken asks for the contract and takes nothing of
// it, over more streams than there is memory for.
func TestReflections_AreCountedUntilTheyAreTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		c := f.dial(t, 0, false)
		symbol := framed(t, &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{
			FileContainingSymbol: "wingspan.users.v1.SessionAndAuthenticationService"}})
		for range 90 {
			c.data(c.headers(reflect), symbol, false)
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
		}
		if used := f.controlMemory.Used(); used < maxControlMemory/2 || used > maxControlMemory {
			t.Errorf("%d bytes are counted", used)
		}
		if f.pipeline.Memory.Used() != 0 {
			t.Error("reflection takes the memory of calls")
		}
		time.Sleep(transport.RequestTimeout)
		synctest.Wait()
		if f.controlMemory.Used() == 0 || f.pipeline.Health.Streams.Len() != 0 {
			t.Errorf("%d bytes are counted, %d streams are open", f.controlMemory.Used(), f.pipeline.Health.Streams.Len())
		}
		time.Sleep(transport.StallTimeout)
		synctest.Wait()
		if !c.isClosed() {
			t.Error("the connection is open")
		}
		f.isIdle(t)
	})
}
