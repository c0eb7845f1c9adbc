package replicas

import (
	"context"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// Server is where replicas meet.
type Server interface {
	// Connect makes a connection. One that is lost is never made again: the link connects
	// anew.
	Connect(ctx context.Context, s *Settings, on Events) (Conn, error)
	// String names the server, without a password.
	String() string
}

// Conn is a connection with a server. Each method is one step, which no other's comes
// between, and returns when there is a reply or ctx ends; it may be done at the server later
// even then.
type Conn interface {
	Sync(ctx context.Context, r *SyncRequest) (SyncReply, error)
	Find(ctx context.Context, r *FindRequest) (FindReply, error)
	Keep(ctx context.Context, r *KeepRequest) (bool, error)
	Release(ctx context.Context, key sessioncache.Tag) error
	// Close ends it at once, with all that is under way.
	Close()
}

// Events are what a server tells unasked. They are called one at a time, must be fast, and
// may be lost.
type Events struct {
	// Changed: something has ended, all is new, or the connection is lost.
	Changed func()
	// Released: somebody has begun or ended a load.
	Released func(key sessioncache.Tag)
}

// Settings are the same for as long as a connection is there.
type Settings struct {
	// Prefix is before each key at the server.
	Prefix string
	// ID names this replica, and Epoch which of its connections this is.
	ID    string
	Epoch int64
	// Timeout is the longest that a call of the upstream may take: how long a fence stays,
	// and a claim.
	Timeout time.Duration
	// Retention is for how long it is known what has ended.
	Retention time.Duration
	// Replicas is how many there should be.
	Replicas int
	// Total is how many calls a second all may make.
	Total Rates
}

// Rates are calls a second, of reads and of writes.
type Rates struct{ Read, Write float64 }

// Kind says what an Ending is.
type Kind byte

// The kinds: it has ended; it may be ending from now on; it is not ending any more, and may
// have ended.
const (
	HasEnded Kind = '0'
	Begins   Kind = '1'
	IsOver   Kind = '2'
)

// Ending is the end of what a tag stands for.
type Ending struct {
	Tag  sessioncache.Tag
	Kind Kind
}

// SyncRequest tells what has ended at a replica, and that there is nothing else.
type SyncRequest struct {
	// Generation and Since are up to when the replica knows what has ended.
	Generation uint64
	Since      int64
	// Vouch is when the request was made, by the server's clock: what ended at the replica
	// before is in it. Zero only looks: the clock is not known yet.
	Vouch int64
	// Endings are told once for each Sequence, however often they are sent.
	Sequence int64
	Endings  []Ending
	// Reset asks for a new generation, since not all endings are known.
	Reset bool
	// Leave tells that the replica ends.
	Leave bool
	// Known are the replicas that this one knows of.
	Known []string
	// Want is how many calls a second the replica would make, and Holding how many it makes
	// until it has the reply.
	Want, Holding Rates
}

// SyncReply is what a replica learns.
type SyncReply struct {
	// Now is the server's clock, in microseconds since 1970.
	Now        int64
	Generation uint64
	// Clock is up to when Ended is what has ended since the request's.
	Clock int64
	Ended []sessioncache.Tag
	// More tells that there is more.
	More bool
	// Oldest is when the replica that has vouched least recently did.
	Oldest int64
	// Replicas are those that are known, this one included.
	Replicas []string
	// Share is this replica's part of the rates for RateLease.
	Share Rates
}

// FindRequest asks for a session.
type FindRequest struct {
	Key   sessioncache.Tag
	Of    []sessioncache.Tag
	Claim bool
	// Ahead is for how long a session must be fresh not to be claimed.
	Ahead time.Duration
}

// FindReply is a session, if there is one.
type FindReply struct {
	Now        int64
	Generation uint64 // 0: there is none, a sync makes one
	Clock      int64
	Session    *Stored
	Claimed    bool
	// Busy is for how long another replica's claim is good at least, without a look.
	Busy time.Duration
}

// Stored is a session, with times of the server's clock.
type Stored struct {
	Tags               []sessioncache.Tag
	Sealed             []byte
	Sent, Fresh, Stale int64
}

// KeepRequest stores a session that was asked for at a moment.
type KeepRequest struct {
	Moment sessioncache.Moment
	Key    sessioncache.Tag
	Stored
}

// How long things last that servers keep.
const (
	// Forget is how long after its last sync a replica is taken to have ended.
	Forget = time.Minute
	// RateLease is how long a share of the rates is good for.
	RateLease = time.Second
	// ClaimLease is how long after its last sync a replica's claims are good for.
	ClaimLease = 2 * time.Second
	// MaxLog is how many endings are remembered.
	MaxLog = 1 << 18
	// MaxBatch is how many endings a sync tells, and MaxPage how many it brings.
	MaxBatch = 1000
	MaxPage  = 4096
	// MaxReplicas is how many replicas there can be.
	MaxReplicas = 256
)
