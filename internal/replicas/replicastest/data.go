package replicastest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// data is what the server has. Times are microseconds since 1970.
type data struct {
	generation, run uint64
	birth, clock    int64
	log             map[sessioncache.Tag]int64
	fences          map[sessioncache.Tag]fence
	replicas        map[string]*record
	sessions        map[sessioncache.Tag]stored
	claims          map[sessioncache.Tag]claim
}

// fence is what may be ending.
type fence struct {
	until  int64 // milliseconds
	active int
}

// record is of a replica.
type record struct {
	vouch, epoch, sequence, until int64
	known                         int
	lease, want                   replicas.Rates
}

type stored struct {
	replicas.Stored
	moment sessioncache.Moment
}

type claim struct {
	owner        string
	epoch, until int64
}

func newData() data {
	return data{log: map[sessioncache.Tag]int64{}, fences: map[sessioncache.Tag]fence{}, replicas: map[string]*record{},
		sessions: map[sessioncache.Tag]stored{}, claims: map[sessioncache.Tag]claim{}}
}

// jump is how far the clock may go back.
const jump = int64(time.Second / time.Microsecond)

// maxActive is how many fences of one tag are counted: more stay for their time.
const maxActive = 1<<11 - 1

// renew begins a generation, later than any that the replica knows.
func (d *data) renew(now int64, run, known uint64) {
	d.log, d.fences, d.replicas = map[sessioncache.Tag]int64{}, map[sessioncache.Tag]fence{}, map[string]*record{}
	d.generation = max(uint64(now/1000), known>>8+1)<<8 + run&0xff //nolint:gosec // later than 1970
	d.run, d.birth, d.clock = run, now, now
}

func (d *data) sync(now int64, run uint64, s *replicas.Settings, r *replicas.SyncRequest) (reply replicas.SyncReply, changed bool) {
	if d.generation == 0 || d.run != run || d.clock > now+jump || r.Generation > d.generation ||
		r.Reset || len(d.log)+len(d.fences) > replicas.MaxLog {
		d.renew(now, run, r.Generation)
		changed = true
	}
	d.clock = max(now, d.clock+1)
	at := d.clock
	reply = replicas.SyncReply{Now: at, Generation: d.generation}
	since := r.Since
	if r.Generation != d.generation {
		since = math.MaxInt64
	}
	d.ended(since, &reply)
	if r.Vouch > 0 {
		changed = d.vouch(at, s, r) || changed
	}
	d.oldest(at, s, &reply)
	if r.Vouch > 0 {
		d.grant(at, s, d.replicas[s.ID], r, &reply)
	}
	if r.Leave && r.Generation == d.generation {
		delete(d.replicas, s.ID)
	}
	if !reply.More {
		reply.Clock = d.clock
	}
	return reply, changed
}

// ended are the endings after a moment.
func (d *data) ended(since int64, reply *replicas.SyncReply) {
	type ending struct {
		tag sessioncache.Tag
		at  int64
	}
	var all []ending
	for tag, at := range d.log {
		if at > since {
			all = append(all, ending{tag, at})
		}
	}
	slices.SortFunc(all, func(a, b ending) int { return cmp.Compare(a.at, b.at) })
	if reply.More = len(all) > replicas.MaxPage; reply.More {
		all = all[:replicas.MaxPage]
		reply.Clock = all[len(all)-1].at
	}
	for _, e := range all {
		reply.Ended = append(reply.Ended, e.tag)
	}
}

// vouch takes a replica's endings, and its word that there are no others.
func (d *data) vouch(now int64, s *replicas.Settings, r *replicas.SyncRequest) (changed bool) {
	me := d.replicas[s.ID]
	if me == nil {
		me = &record{}
		for _, id := range r.Known {
			if d.replicas[id] == nil && d.birth+replicas.Forget.Microseconds() > now {
				d.replicas[id] = &record{vouch: d.birth}
			}
		}
		d.replicas[s.ID] = me
	}
	me.vouch, me.epoch = max(me.vouch, min(now, r.Vouch)), max(me.epoch, s.Epoch)
	me.want = r.Want
	if len(r.Endings) == 0 || r.Sequence <= me.sequence {
		return false
	}
	me.sequence = r.Sequence
	d.trim(now, now-s.Retention.Microseconds())
	for _, e := range r.Endings {
		d.clock++
		d.log[e.Tag] = d.clock
		if r.Generation == d.generation {
			d.fence(now, s, e)
		}
	}
	return true
}

func (d *data) fence(now int64, s *replicas.Settings, e replicas.Ending) {
	f := d.fences[e.Tag]
	if f.until*1000 <= now {
		f = fence{}
	}
	switch e.Kind {
	case replicas.Begins:
		f.active, f.until = min(f.active+1, maxActive), max(f.until, (now+s.Timeout.Microseconds()+999)/1000)
	case replicas.IsOver:
		if f.active < maxActive {
			f.active--
		}
	case replicas.HasEnded:
	}
	if f.active > 0 {
		d.fences[e.Tag] = f
	} else {
		delete(d.fences, e.Tag)
	}
}

func (d *data) trim(now, before int64) {
	maps.DeleteFunc(d.log, func(_ sessioncache.Tag, at int64) bool { return at < before })
	maps.DeleteFunc(d.fences, func(_ sessioncache.Tag, f fence) bool { return f.until*1000 <= now })
}

// oldest is who has vouched least recently. Where all is new and not as many have come as
// there should be, it is not known who else may have something to tell.
func (d *data) oldest(now int64, s *replicas.Settings, reply *replicas.SyncReply) {
	forget := replicas.Forget.Microseconds()
	reply.Oldest = now
	for id, other := range d.replicas {
		if id != s.ID && other.vouch+forget < now {
			delete(d.replicas, id)
			continue
		}
		reply.Oldest = min(reply.Oldest, other.vouch)
		reply.Replicas = append(reply.Replicas, id)
	}
	slices.Sort(reply.Replicas)
	if len(d.replicas) < s.Replicas && d.birth+forget > now {
		reply.Oldest = min(reply.Oldest, d.birth)
	}
}

// grant gives a replica its share for a while. It counts with what it has until it knows.
func (d *data) grant(now int64, s *replicas.Settings, me *record, r *replicas.SyncRequest, reply *replicas.SyncReply) {
	me.known = len(d.replicas)
	reply.Share = replicas.Rates{
		Read:  d.share(now, s, me, s.Total.Read, func(r replicas.Rates) float64 { return r.Read }),
		Write: d.share(now, s, me, s.Total.Write, func(r replicas.Rates) float64 { return r.Write }),
	}
	me.lease = replicas.Rates{Read: max(reply.Share.Read, r.Holding.Read), Write: max(reply.Share.Write, r.Holding.Write)}
	me.until = now + replicas.RateLease.Microseconds()
}

// share is what others leave: each has what it was granted, or the lesser of what it wants
// and what is fair. One that is silent takes an equal part by itself, and for those that are
// still to come, a little is left over.
func (d *data) share(now int64, s *replicas.Settings, me *record, total float64, of func(replicas.Rates) float64) float64 {
	parts := max(s.Replicas, len(d.replicas))
	least := total / float64(10*parts)
	left := total - least*float64(parts-len(d.replicas))
	var wants []float64
	alone := map[*record]float64{}
	for _, r := range d.replicas {
		if r != me && (r.known == 0 || now-r.vouch > replicas.RateLease.Microseconds()) {
			alone[r] = total / float64(max(s.Replicas, cmp.Or(r.known, len(d.replicas))))
			left -= alone[r]
		} else {
			wants = append(wants, max(of(r.want), least))
		}
	}
	level := fair(wants, max(0, left))
	for _, r := range d.replicas {
		if r == me {
			continue
		}
		taken := min(max(of(r.want), least), level)
		if alone[r] > 0 {
			taken = 0
		}
		if r.until > now {
			taken = max(taken, of(r.lease)-alone[r])
		}
		left -= taken
	}
	return max(0, min(max(of(me.want), least), left))
}

// fair is the most that each may have of what there is, so that who wants less leaves the
// rest to others.
func fair(wants []float64, rest float64) float64 {
	slices.Sort(wants)
	for i, wanted := range wants {
		level := rest / float64(len(wants)-i)
		if wanted > level {
			return level
		}
		rest -= wanted
	}
	return math.Inf(1)
}

// ended tells whether something has ended since, or may be ending.
func (d *data) endedSince(now, since int64, tags ...sessioncache.Tag) bool {
	for _, t := range tags {
		if at, ok := d.log[t]; ok && at > since || d.fences[t].until*1000 > now {
			return true
		}
	}
	return false
}

func (d *data) find(now int64, run uint64, s *replicas.Settings, r *replicas.FindRequest) (reply replicas.FindReply) {
	if d.generation == 0 || d.run != run {
		return reply
	}
	now = max(now, d.clock)
	reply = replicas.FindReply{Now: now, Generation: d.generation, Clock: max(now-1, d.clock)}
	if e, ok := d.sessions[r.Key]; ok && e.moment.Generation == d.generation && e.Stale > now &&
		e.moment.Clock >= now-s.Retention.Microseconds() &&
		!d.endedSince(now, e.moment.Clock, append(slices.Clone(r.Of), e.Tags...)...) {
		found := e.Stored
		reply.Session = &found
		if e.Fresh > now+r.Ahead.Microseconds() {
			return reply
		}
	}
	c := d.claims[r.Key]
	if owner := d.replicas[c.owner]; owner != nil && c.owner != s.ID && owner.epoch == c.epoch {
		if good := min(c.until-now, replicas.ClaimLease.Microseconds()-(now-owner.vouch)); good > 0 {
			reply.Busy = time.Duration(good) * time.Microsecond
			return reply
		}
	}
	if r.Claim {
		d.claims[r.Key] = claim{owner: s.ID, epoch: s.Epoch, until: now + s.Timeout.Microseconds()}
		reply.Claimed = true
	}
	return reply
}

func (d *data) keep(now int64, run uint64, s *replicas.Settings, r *replicas.KeepRequest) bool {
	d.release(s, r.Key)
	now = max(now, d.clock)
	if d.generation == 0 || d.run != run || r.Moment.Generation != d.generation || r.Stale <= now ||
		r.Moment.Clock < now-s.Retention.Microseconds() || d.endedSince(now, r.Moment.Clock, r.Tags...) {
		return false
	}
	if e, ok := d.sessions[r.Key]; !ok || e.moment.Generation != d.generation || e.Sent < r.Sent || e.Stale <= now {
		d.sessions[r.Key] = stored{Stored: r.Stored, moment: r.Moment}
	}
	return true
}

func (d *data) release(s *replicas.Settings, key sessioncache.Tag) {
	if d.claims[key].owner == s.ID {
		delete(d.claims, key)
	}
}
