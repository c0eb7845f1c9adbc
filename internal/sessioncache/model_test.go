package sessioncache

import "fmt"

// sessions is all that there is to know of sessions, if one thing happens after the other.
// The histories of linearizable_test.go are judged by it, and fakeUpstream decides by it.
type sessions map[string]sessionState

// sessionState is one session. Tokens are never used again.
type sessionState struct {
	user    string
	version int // grows with each change
	ended   bool
}

// event is what happens to sessions: to that of a token, or to all of a user.
type event struct {
	kind        eventKind
	token, user string
}

type eventKind string

const (
	created eventKind = "created"
	changed eventKind = "changed"
	ended   eventKind = "ended"
	timeUp  eventKind = "timeUp"
)

// apply is the sessions after an event.
func (s sessions) apply(e event) {
	if e.kind == created {
		s[e.token] = sessionState{user: e.user, version: 1}
		return
	}
	for token, one := range s {
		if token != e.token && (e.user == "" || one.user != e.user) {
			continue
		}
		if one.version++; e.kind != changed {
			one.ended = true
		}
		s[token] = one
	}
}

func (s sessions) isLive(token string) bool { return s[token].version > 0 && !s[token].ended }

// expiredAnswer says that there is no such session, or that the caller's is none.
const expiredAnswer = "expired"

// check is what a check is answered, by its question: the session's version.
func (s sessions) check(k checkKey) string {
	if !s.isLive(k.token) || k.credential != "" && !s.isLive(k.credential) {
		return expiredAnswer
	}
	return fmt.Sprint("version ", s[k.token].version)
}

// checkKey is what is asked: for the session of a token, by whoever has a credential, as
// bearer token or in a cookie; empty is none.
type checkKey struct {
	token, credential string
	cookie            bool
}
