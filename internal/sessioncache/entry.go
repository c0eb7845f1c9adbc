package sessioncache

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
)

// entry is a response of the upstream that is kept. Its body is sealed: it holds a token.
type entry struct {
	key    tag
	tags   []tag    // whose end makes it worthless: the session's, the caller's and, last, the user's
	groups []*group // of each tag, in the store's index
	all    *group   // of all entries there
	live   bool     // it is a session, not "Session expired"

	status int
	header http.Header // read-only
	sealed []byte
	age    int // in seconds, as the upstream says

	sent       time.Time // the question: the session is known to be live then
	refreshAt  time.Time
	freshUntil time.Time
	staleUntil time.Time
	refreshing bool
	awayUntil  time.Time // the upstream was away; it is not asked again before

	adopted   bool      // it was found in the store that replicas share
	confirmed bool      // it is in there, and was when nothing of it had ended; or there is none
	ended     bool      // something of it has, as others have told
	came      time.Time // what is found there afterwards must have been asked for later
	toldUntil time.Time // so long that is remembered
}

// outliving are the headers of a response that are of the session, not of the call.
var outliving = []string{"Content-Type", "Content-Language", "Cache-Control", "Vary", "Expires", "Etag"}

// outlivingHeader copies them, and more: net/http has the values of all headers in one piece of
// memory, those of secrets among them.
func outlivingHeader(all http.Header, more ...string) http.Header {
	kept := make(http.Header, len(outliving))
	for _, name := range append(more, outliving...) {
		if values := all[name]; len(values) > 0 {
			kept[name] = slices.Clone(values)
		}
	}
	return kept
}

// How long responses are kept.
const (
	// expiredTTL is how long "Session expired" is: long enough for a client that repeats
	// it, and short, since a session may be raised elsewhere.
	expiredTTL = 4500 * time.Millisecond
	// jitter spreads the ends of entries that came together.
	jitter = 0.1
	// Between these parts of its life an entry is renewed, if it is used: at some moment, and
	// early enough to be there before the end. Who asks then would call a second time.
	refreshFrom, refreshUntil = 0.8, 0.95
	// Replicas that share a store have it renewed by the one that has stored it; the others
	// mostly find that then, and renew it themselves where they do not.
	ownUntil, adoptedFrom = 0.87, 0.9
)

// maxEntryBytes is the largest response that is kept. A session has some hundred bytes; its
// labels are the choice of whoever makes it, who is to displace nobody.
const maxEntryBytes = 4 << 10

// newEntry seals what a load has brought. An entry that is too large, or whose sealing
// fails, is nil.
func newEntry(l *load, r *relay.Response) *entry {
	e := &entry{key: l.Key, tags: slices.Concat(l.tags[1:], l.owner), status: r.Status,
		header: outlivingHeader(r.Header), sent: l.sent}
	e.age = ageOf(r.Header)
	var err error
	if e.sealed, err = l.Seal(r.Body); err != nil || e.size() > maxEntryBytes {
		return nil
	}
	return e
}

// keepFor sets the entry's life: the TTL, give or take, and beyond it the time for which
// it may be stale; never beyond the end of the session, if there is one.
func (e *entry) keepFor(ttl, stale time.Duration, expiration time.Time) {
	ttl = part(ttl, 1-jitter, 1+jitter)
	e.freshUntil = e.sent.Add(ttl)
	e.staleUntil = e.freshUntil.Add(stale)
	e.endWith(expiration)
	e.refreshWithin(refreshFrom, refreshUntil)
}

// endWith limits the entry's life to that of the session, if there is one.
func (e *entry) endWith(expiration time.Time) {
	if !expiration.IsZero() {
		end := e.sent.Add(expiration.Sub(e.sent)) // by both clocks
		e.freshUntil, e.staleUntil = earlier(e.freshUntil, end), earlier(e.staleUntil, end)
	}
}

// refreshWithin sets when the entry is renewed, if it is used, by parts of its life.
func (e *entry) refreshWithin(from, until float64) {
	e.refreshAt = e.sent.Add(part(e.freshUntil.Sub(e.sent), from, until))
}

// part is a random part of a duration. It spreads load, and guards nothing.
func part(d time.Duration, from, to float64) time.Duration {
	return time.Duration((from + (to-from)*rand.Float64()) * float64(d)) //nolint:gosec // see above
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// isBefore tells whether a moment is yet to come, by the clock that is never set, and by the
// one on the wall: an entry lives no longer because that was set back, nor because the
// machine slept.
func isBefore(now, moment time.Time) bool {
	return now.Before(moment) && now.Round(0).Before(moment.Round(0))
}

// hasEnded tells whether something has ended that the entry is of.
func (e *entry) hasEnded() bool {
	return e.ended || e.all != nil && e.all.ended || slices.ContainsFunc(e.groups, func(g *group) bool { return g.ended })
}

// wantsRefresh tells whether an entry that is used is to be renewed.
func (e *entry) wantsRefresh(now time.Time) bool {
	return e.live && !e.refreshing && !now.Before(e.refreshAt)
}

// isUsable tells whether an entry may be believed, by whether this replica knows of all that
// the others have ended.
func (e *entry) isUsable(now time.Time, upToDate bool) bool {
	return e.confirmed && upToDate || now.Before(e.sent.Add(aloneFor))
}

// tryAgain notes that the upstream was away, or had no turn left for a refresh.
func (e *entry) tryAgain(refresh bool) {
	at := time.Now().Add(awayFor)
	if refresh {
		e.refreshing, e.refreshAt = false, at
	} else {
		e.awayUntil = at
	}
}

// size is what the entry takes of memory, about.
func (e *entry) size() int {
	size := len(e.sealed)
	for name, values := range e.header {
		size += len(name)
		for _, value := range values {
			size += len(value)
		}
	}
	return size
}

// response is what is kept, for one caller.
func (e *entry) response(id *identity.Identity, now time.Time) (*relay.Response, error) {
	body, err := id.Open(e.sealed)
	if err != nil {
		return nil, err
	}
	return &relay.Response{Status: e.status, Header: e.header, Body: body, Age: age(e.age, e.sent, now)}, nil
}

// ageOf is how old a response is, as the upstream says.
func ageOf(header http.Header) int {
	seconds, _ := strconv.Atoi(header.Get("Age"))
	return max(seconds, 0)
}

// age is how old something is by now that was so old when it was asked for.
func age(then int, sent, now time.Time) string {
	return strconv.Itoa(then + int(now.Sub(sent)/time.Second))
}
