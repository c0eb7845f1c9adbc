package sessioncache

import (
	"context"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
)

// Tag stands for a secret, or for what somebody asks: its HMAC.
type Tag = identity.Tag

type tag = Tag

// Moment is a place in the order of what replicas tell one another. The zero value is before
// all.
type Moment struct {
	// Generation names the data of the store. That of another is worth nothing.
	Generation uint64
	// Clock grows with whatever is told.
	Clock int64
}

// Session is a response that replicas share: a session that is live.
type Session struct {
	// Key is of the question.
	Key Tag
	// Tags are whose end makes it worthless: the session's, the caller's and, last, the user's.
	Tags []Tag
	// Sealed is the response, which only who asks the same question can open.
	Sealed []byte
	// Sent is when the upstream was asked. Times are of this process' clock.
	Sent, FreshUntil, StaleUntil time.Time
}

// Found is what a shared store knows of a question.
type Found struct {
	// Session is nil where there is none.
	Session *Session
	// Moment is that of the store's response.
	Moment Moment
	// Claimed tells that this replica is the one to ask the upstream, until it keeps a
	// session or releases the claim.
	Claimed bool
	// Busy is closed when another replica that asks the upstream has done so; nil where
	// none does.
	Busy <-chan struct{}
}

// Shared is a store that replicas share; see replicas.Link. No method waits for more than
// some milliseconds.
type Shared interface {
	// Moment is up to when all that replicas have told is known here.
	Moment() Moment
	// UpToDate tells whether that is so little ago that what is kept may be believed.
	UpToDate(now time.Time) bool
	// Find looks for a session, of which nothing that the tags stand for must have ended. What
	// is not there, or not fresh, it claims where that is wanted; where it fails, it has claimed
	// nothing.
	Find(ctx context.Context, key Tag, of []Tag, claim bool) (Found, error)
	// Renew does the same, and claims what is not fresh for a while yet as well.
	Renew(ctx context.Context, key Tag, of []Tag, ahead time.Duration) (Found, error)
	// Keep stores a session that was asked for at a moment, and ends the claim. It tells
	// whether the session is there now: it may have ended meanwhile.
	Keep(ctx context.Context, since Moment, s *Session) (bool, error)
	// Release ends a claim, and does not wait.
	Release(key Tag)
	// End tells all replicas that the tags may have ended, or may be ending from now on, until
	// it is told that this is not so any more. It returns when that is told, or is certain to be
	// told later, also where ctx has ended. To be told that something is not so any more that
	// nobody has told is to be told that it has ended.
	End(ctx context.Context, tags []Tag, active bool)
}
