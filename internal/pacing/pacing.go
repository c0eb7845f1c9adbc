// Package pacing keeps calls of the upstream to a rate, and lets callers take turns where
// there are more of them. It knows nothing of HTTP but a caller's headers.
//
// A call passes pacing.go (who it is of), class.go (when its turn is) and turns.go (who
// is first). share.go is what this replica has of a rate that all replicas share.
package pacing

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// Options says how many calls of the upstream there may be.
type Options struct {
	// Read and Write are calls a second; 0 is without limit. What the vendor counts as a
	// read is a GET.
	// They are of all replicas together.
	Read, Write float64
	// Replicas is how many there are, as far as is known beforehand; 0 is 1. Each makes that
	// part of the calls, until it is told its share.
	Replicas int
	// Wake is called when a call must wait that all replicas together might have made, so
	// that a larger share is asked for; nil where there is nobody to ask. It must not block.
	Wake func()
	// Meter records waits and refusals.
	Meter metric.MeterProvider
}

// Call is what matters of one call of the upstream.
type Call struct {
	// Write tells that it is not a GET.
	Write bool
	// SignIn tells that it signs somebody in: it goes before others.
	SignIn bool
	// Deadline is until when somebody waits, if that is before the context's; zero is its.
	Deadline time.Time
	// Takes is how long the upstream takes for it, as far as is known: its turn is to be so
	// much before its deadline.
	Takes time.Duration
	// Background tells that nobody waits for it: it gets what is left over, almost at once, or is
	// refused.
	Background bool
	// Header and Peer tell callers apart: by the credential that they send, else by host.
	Header http.Header
	Peer   string
}

// RefusedError is the error of a call that would not have its turn in time.
type RefusedError struct {
	// After is when the call would have had its turn.
	After time.Duration
}

// Error implements error.
func (*RefusedError) Error() string {
	return "too many calls for the rate, none left within the deadline"
}

// Pacer gives calls their turns. It is safe for concurrent use.
type Pacer struct {
	secret      []byte
	read, write *class // nil: without limit
	wake        func()
	records     *telemetry
}

// New makes a pacer.
func New(options Options) (*Pacer, error) {
	p := &Pacer{secret: make([]byte, sha256.Size), wake: options.Wake}
	if p.wake == nil {
		p.wake = func() {}
	}
	_, _ = rand.Read(p.secret) // never fails
	for _, c := range []struct {
		name string
		rate float64
		into **class
	}{{"read", options.Read, &p.read}, {"write", options.Write, &p.write}} {
		switch {
		case !(c.rate >= 0) || math.IsInf(c.rate, 1):
			return nil, fmt.Errorf("the %s rate must be a number of calls a second, 0 or more", c.name)
		case c.rate > 0:
			*c.into = newClass(c.name, c.rate, max(1, options.Replicas))
		}
	}
	var err error
	p.records, err = newTelemetry(options.Meter, p.read, p.write)
	return p, err
}

// Wait returns when the upstream may be called, at once with a *RefusedError where that would
// be too late for the call, or with the error of the context.
func (p *Pacer) Wait(ctx context.Context, call *Call) error {
	c := p.classOf(call)
	if c == nil {
		return nil
	}
	began := time.Now()
	latest := latestTurn(ctx, call)
	if call.Background {
		latest = earlier(latest, began.Add(leftOver))
	}
	err := c.wait(ctx, p.callerOf(call), call.SignIn, latest, p.wake)
	p.records.record(ctx, c, call, err, time.Since(began))
	return err
}

// Observe tells of a response of the upstream's: whether it was one of too many calls, and
// how long it asks to wait before the next.
//
// A sign-in's does not count: it is of no account, and what is limited there is usually how
// often a password may be guessed. Nor does that of a call without a credential: its host
// may be that of a proxy, with everybody behind it.
func (p *Pacer) Observe(call *Call, limited bool, after time.Duration) {
	c := p.classOf(call)
	switch {
	case c == nil || call.SignIn || credentialOf(call) == "":
	case !limited:
		c.answered()
	case after > 0 && c.limited(p.callerOf(call), after):
		p.records.paused(c)
	}
}

func (p *Pacer) classOf(call *Call) *class {
	if call.Write {
		return p.write
	}
	return p.read
}

// caller tells one caller from another, and nobody who it is.
type caller [sha256.Size]byte

// callerOf is the HMAC of the caller's credential or, without one, host.
func (p *Pacer) callerOf(call *Call) (who caller) {
	mac := hmac.New(sha256.New, p.secret)
	name, values := credentialOf(call), []string{network(call.Peer)}
	if name != "" {
		values = call.Header[name]
	}
	for _, part := range append([]string{name}, values...) {
		_, _ = mac.Write([]byte(part))
		_, _ = mac.Write([]byte{0}) // which is in no header
	}
	mac.Sum(who[:0])
	return who
}

// network is whom a host belongs to: a network of IPv6 is one customer's, with as many
// addresses as it likes.
func network(host string) string {
	address, err := netip.ParseAddr(host)
	if err != nil || !address.Is6() || address.Is4In6() {
		return host
	}
	const customer = 64 // bits: RFC 6177
	prefix, _ := address.WithZone("").Prefix(customer)
	return prefix.String()
}

// credentialOf is the header with the caller's credential; empty where there is none.
func credentialOf(call *Call) string {
	for _, name := range []string{"Authorization", "Cookie"} {
		if len(call.Header[name]) > 0 {
			return name
		}
	}
	return ""
}

// margin is how long before its deadline a call must have its turn at least: a refusal has to
// reach the caller in time too.
const margin = 20 * time.Millisecond

// leftOver is how long a call in the background waits for its turn at most. Were it not at all,
// of two that come one after the other the second would be refused, though there is room for both; were
// it long, those for whom somebody waits would wait for it.
const leftOver = 100 * time.Millisecond

// endless is the deadline of calls without one.
const endless = 1000 * time.Hour

// latestTurn is until when a call can make use of its turn. Where more calls wait than can be
// served, most have their turn at the last moment: were that the deadline, they would all be
// late. It has passed already for who has less time than the upstream takes: that one has the
// turn that is there, or none.
func latestTurn(ctx context.Context, call *Call) time.Time {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		deadline = time.Now().Add(endless)
	}
	if !call.Deadline.IsZero() {
		deadline = earlier(deadline, call.Deadline)
	}
	return deadline.Add(-margin - call.Takes)
}
