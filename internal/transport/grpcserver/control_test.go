package grpcserver

import (
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
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
		{"symbol", reflect, symbol(strings.Repeat("a.", maxControlMessage/2-2)), false},
		{"long symbol", reflect, symbol(strings.Repeat("a.", maxControlMessage/2)), true},
		{"huge symbol", reflect, symbol(strings.Repeat("a.", mib)), true},
		{"watch", watch, service(strings.Repeat("a", maxControlMessage-3)), false},
		{"long watch", watch, service(strings.Repeat("a", maxControlMessage-2)), true},
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
