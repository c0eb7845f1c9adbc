package preflight

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
)

// ReplicasNames are the names of the settings of the server that replicas share.
type ReplicasNames struct{ URL, CA, Cert string }

// skew is how far the server's clock may be from this one: after that, times in logs mislead.
// What replicas share does not depend on it.
const skew = 5 * time.Second

// replicasTimeout is for all that is tried of the server.
const replicasTimeout = 3 * time.Second

// Replicas does once what a link of replicas does, below a prefix.
func Replicas(ctx context.Context, server *redis.Server, prefix string, names ReplicasNames) []Finding {
	ctx, cancel := context.WithTimeout(ctx, replicasTimeout)
	defer cancel()
	facts, err := server.Try(ctx, prefix)
	if err != nil && ctx.Err() != nil {
		return []Finding{{Wrong, names.URL, fmt.Sprintf("%s does not reply in time. It may speak no TLS (redis://), or hang, or a firewall let nothing through", server)}}
	}
	if err != nil {
		return []Finding{{Wrong, names.URL, fmt.Sprintf("%s: %v. %s", server, err, adviceOn(err.Error(), names))}}
	}
	return judge(facts, server.String(), names, time.Now())
}

// judge says what to make of what a server says of itself.
func judge(facts redis.Facts, server string, names ReplicasNames, now time.Time) []Finding {
	found := []Finding{{OK, names.URL, fmt.Sprintf("%s at %s runs what replicas share", facts.Version, server)}}
	if !facts.Pushes {
		found = append(found, Finding{Warning, names.URL, "it does not tell of changes (CLIENT TRACKING): a sign-out is final at other replicas after half a second, not at once. A proxy in between may not pass them on"})
	}
	if policy := facts.Eviction; policy != "" && policy != "noeviction" {
		found = append(found, Finding{Warning, names.URL, "when its memory is full it drops what is shared (maxmemory-policy " + policy + "): all sessions are asked for anew then. Give it memory enough, and noeviction"})
	}
	if ahead := facts.Clock.Sub(now); ahead.Abs() > skew {
		found = append(found, Finding{Warning, names.URL, fmt.Sprintf("its clock is %s off this machine's. Nothing breaks, but set the one that is wrong", ahead.Abs().Round(time.Second))})
	}
	return found
}

// adviceOn says what to do about an error, of which servers and libraries give only the text.
func adviceOn(text string, names ReplicasNames) string {
	for _, c := range []struct{ part, advice string }{
		{"WRONGPASS", "Correct the user or the password"},
		{"invalid username-password", "Correct the user or the password"},
		{"invalid password", "Correct the password"},
		{"without any password configured", "The server knows no password: leave it out, or set it there"},
		{"NOAUTH", "The server needs a password, of " + names.URL},
		{"NOPERM", "Give the user the rights that docs/SESSIONS.md lists"},
		{"no permissions", "Give the user the rights that docs/SESSIONS.md lists"},
		{"can't run this command", "Give the user the rights that docs/SESSIONS.md lists"},
		{"unknown command", "It must be Redis 7 or Valkey, and no command that docs/SESSIONS.md lists be renamed"},
		{"OOM", "Its memory is full: give it more"},
		{"READONLY", "It is a replica of another server, which is to be named in its place"},
		{"x509", "Name the CA of its certificate with " + names.CA + ", and the host as the certificate does"},
		{"certificate", "It may demand a client certificate, of " + names.Cert},
		{"no such host", "Correct the name, or this machine's DNS"},
		{"EOF", "It closes the connection: it may speak TLS (rediss://), or demand a client certificate"},
		{"reset by peer", "It closes the connection: it may speak TLS (rediss://), or demand a client certificate"},
	} {
		if strings.Contains(text, c.part) {
			return c.advice
		}
	}
	return "Correct the address, or start the server"
}
