package replicas

import (
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// Options are what a link is told.
type Options struct {
	// Server is where replicas meet; see ParseURL.
	Server Server
	// Prefix is before each key at the server: replicas of one upstream have the same.
	Prefix string
	// Timeout is the longest that a call of the upstream may take.
	Timeout time.Duration
	// Life is the longest that a session is kept, stale ones included.
	Life time.Duration
	// Replicas is how many there should be.
	Replicas int
	// Read and Write are the calls a second that all may make together; 0 is without limit.
	Read, Write float64
	// Logger is told when the link is up and down.
	Logger *slog.Logger
	// Meter records what the link does.
	Meter metric.MeterProvider
}

// Listener is told what has ended elsewhere.
type Listener interface {
	// Ended: what the tags stand for may have ended.
	Ended(tags []sessioncache.Tag)
	// EndedAll: all may have.
	EndedAll()
}

// Pacer makes no more calls than its share.
type Pacer interface {
	// Demand is how many calls a second it would make.
	Demand() (read, write float64)
	// Share is how many it may make from now on; 0 is without limit.
	Share(read, write float64)
}

func (o *Options) check() error {
	switch {
	case o.Server == nil || o.Prefix == "" || o.Logger == nil || o.Meter == nil:
		return errors.New("a link needs a server, a prefix, a logger and a meter")
	case o.Timeout <= 0 || o.Life <= 0:
		return errors.New("a link needs to know how long calls and sessions may take")
	case o.Replicas < 1 || o.Replicas > MaxReplicas:
		return errors.New("there must be from 1 to 256 replicas")
	}
	return nil
}

// slack is how much longer endings are remembered than a session can be kept.
const slack = 10 * time.Second

func (o *Options) settings(id string) Settings {
	return Settings{Prefix: o.Prefix, ID: id, Timeout: o.Timeout, Retention: o.Life + o.Timeout + slack,
		Replicas: o.Replicas, Total: Rates{Read: o.Read, Write: o.Write}}
}
