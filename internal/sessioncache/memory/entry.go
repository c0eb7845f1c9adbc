// Package memory keeps responses to checks of sessions, and finds them by what was asked and by
// whose they are. It knows nothing of calls; whoever uses a store has a lock around it.
//
// entry.go is one response and its life; store.go is all of them.
package memory

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
)

type tag = identity.Tag

// Entry is a response of the upstream that is kept. Its body is sealed: it holds a token.
type Entry struct {
	Key    identity.Tag
	Tags   []identity.Tag // whose end makes it worthless: the session's, the caller's and, last, the user's
	Live   bool           // it is a session, not "Session expired"
	groups []*group       // of each tag, in the store's index
	all    *group         // of all entries there

	Status int
	header http.Header // read-only
	sealed []byte
	age    int // in seconds, as the upstream says

	Sent       time.Time // the question: the session is known to be live then
	RefreshAt  time.Time
	FreshUntil time.Time
	StaleUntil time.Time
	Refreshing bool
	AwayUntil  time.Time // the upstream was away; it is not asked again before

	Adopted   bool      // it was found in the store that replicas share
	Confirmed bool      // it is in there, and was when nothing of it had ended; or there is none
	Ended     bool      // something of it has, as others have told
	Came      time.Time // what is found there afterwards must have been asked for later
	ToldUntil time.Time // so long that is remembered
}

// outliving are the headers of a response that are of the session, not of the call.
var outliving = []string{"Content-Type", "Content-Language", "Cache-Control", "Vary", "Expires", "Etag"}

// OutlivingHeader copies them, and more: net/http has the values of all headers in one piece of
// memory, those of secrets among them.
func OutlivingHeader(all http.Header, more ...string) http.Header {
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
	// Jitter spreads the ends of entries that came together.
	Jitter = 0.1
	// Alone is how long what is kept is believed, from when the upstream was asked, without the
	// word of all replicas that they have ended nothing of it.
	Alone = 5 * time.Second
	// Between these parts of its life an entry is renewed, if it is used: at some moment, and
	// early enough to be there before the end. Who asks then would call a second time.
	refreshFrom, refreshUntil = 0.8, 0.95
	// Replicas that share a store have it renewed by the one that has stored it, if it is used
	// there in time; the others mostly find that then, and renew it themselves where they do
	// not. After ownLast, who has stored it looks first as well: another may be about to renew it.
	ownFrom, ownUntil, ownLast, adoptedFrom, adoptedUntil = 0.85, 0.88, 0.93, 0.95, 0.97
)

// MaxEntryBytes is the largest response that is kept. A session has some hundred bytes; its
// labels are the choice of whoever makes it, who is to displace nobody.
const MaxEntryBytes = 4 << 10

// NewEntry seals a response to a question that was sent at a time. An entry that is too large, or
// whose sealing fails, is nil.
func NewEntry(id *identity.Identity, tags []identity.Tag, sent time.Time, r *relay.Response) *Entry {
	e := &Entry{Key: id.Key, Tags: tags, Status: r.Status, header: OutlivingHeader(r.Header), Sent: sent}
	e.age = age(r.Header)
	var err error
	if e.sealed, err = id.Seal(r.Body); err != nil || e.Size() > MaxEntryBytes {
		return nil
	}
	return e
}

// Forgotten is an entry without a response, which was told and is not kept: what is found in the
// store that replicas share must have been asked for later, for a while.
func Forgotten(key identity.Tag, until time.Time) *Entry {
	return &Entry{Key: key, Ended: true, Came: time.Now(), ToldUntil: until}
}

// KeepFor sets the entry's life: the TTL, give or take, and beyond it the time for which
// it may be stale; never beyond the end of the session, if there is one.
func (e *Entry) KeepFor(ttl, stale time.Duration, expiration time.Time) {
	e.FreshUntil = e.Sent.Add(part(ttl, 1-Jitter, 1+Jitter))
	e.StaleUntil = e.FreshUntil.Add(stale)
	e.endWith(expiration)
	e.refreshWithin(refreshFrom, refreshUntil)
}

// Share makes the entry one that other replicas may find.
func (e *Entry) Share() { e.refreshWithin(ownFrom, ownUntil) }

// MayBeRenewed tells whether another replica may have renewed the entry by now, or be about
// to.
func (e *Entry) MayBeRenewed(now time.Time) bool {
	return e.Adopted || now.Sub(e.Sent) > time.Duration(ownLast*float64(e.FreshUntil.Sub(e.Sent)))
}

// Adopt makes the entry one that another replica has shared, and gives it that one's life.
func (e *Entry) Adopt(freshUntil, staleUntil, expiration time.Time) {
	e.Adopted, e.Confirmed = true, true
	e.FreshUntil, e.StaleUntil = freshUntil, staleUntil
	e.endWith(expiration)
	e.refreshWithin(adoptedFrom, adoptedUntil)
}

// endWith limits the entry's life to that of the session, if there is one.
func (e *Entry) endWith(expiration time.Time) {
	if !expiration.IsZero() {
		end := e.Sent.Add(expiration.Sub(e.Sent)) // by both clocks
		e.FreshUntil, e.StaleUntil = Earlier(e.FreshUntil, end), Earlier(e.StaleUntil, end)
	}
}

// refreshWithin sets when the entry is renewed, if it is used, by parts of its life.
func (e *Entry) refreshWithin(from, until float64) {
	e.RefreshAt = e.Sent.Add(part(e.FreshUntil.Sub(e.Sent), from, until))
}

// part is a random part of a duration. It spreads load, and guards nothing.
func part(d time.Duration, from, to float64) time.Duration {
	return time.Duration((from + (to-from)*rand.Float64()) * float64(d)) //nolint:gosec // see above
}

// Earlier is the earlier of two times.
func Earlier(a, b time.Time) time.Time {
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

// IsFresh tells whether the entry is not stale yet.
func (e *Entry) IsFresh(now time.Time) bool { return isBefore(now, e.FreshUntil) }

// hasEnded tells whether something has ended that the entry is of.
func (e *Entry) hasEnded() bool {
	return e.Ended || e.all != nil && e.all.ended || slices.ContainsFunc(e.groups, func(g *group) bool { return g.ended })
}

// WantsRefresh tells whether an entry that is used is to be renewed.
func (e *Entry) WantsRefresh(now time.Time) bool {
	return e.Live && !e.Refreshing && !now.Before(e.RefreshAt)
}

// IsUsable tells whether an entry may be believed, by whether this replica knows of all that
// the others have ended.
func (e *Entry) IsUsable(now time.Time, upToDate bool) bool {
	return e.Confirmed && upToDate || now.Before(e.Sent.Add(Alone))
}

// TryAgain notes until when the upstream is not asked again: it was away, or had no turn left
// for a refresh.
func (e *Entry) TryAgain(at time.Time, refresh bool) {
	if refresh {
		e.Refreshing, e.RefreshAt = false, at
	} else {
		e.AwayUntil = at
	}
}

// Size is what the entry takes of memory, about.
func (e *Entry) Size() int {
	size := len(e.sealed)
	for name, values := range e.header {
		size += len(name)
		for _, value := range values {
			size += len(value)
		}
	}
	return size
}

// Response is what is kept, for one caller.
func (e *Entry) Response(id *identity.Identity, now time.Time) (*relay.Response, error) {
	body, err := id.Open(e.sealed)
	if err != nil {
		return nil, err
	}
	return &relay.Response{Status: e.Status, Header: e.header, Body: body, Age: ageAt(e.age, e.Sent, now)}, nil
}

// Age is how old a response is by now that was asked for at a time.
func Age(header http.Header, sent, now time.Time) string { return ageAt(age(header), sent, now) }

// age is how old a response is, as the upstream says.
func age(header http.Header) int {
	seconds, _ := strconv.Atoi(header.Get("Age"))
	return max(seconds, 0)
}

func ageAt(then int, sent, now time.Time) string {
	return strconv.Itoa(then + int(now.Sub(sent)/time.Second))
}
