package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

var (
	// errLoaded says that a check was answered, but not by the cache.
	errLoaded = errors.New("answered by the upstream")
	// errEnded says that a session has ended.
	errEnded = errors.New("the session has ended")
)

// zipfExponent is how much more often some sessions are checked than others: of
// 2,000 the first has a sixth of all checks, the last one in 25,000.
const zipfExponent = 1.1

// checks says which sessions are checked, by whom and how often.
type checks struct {
	Prefix  string // of the tokens
	Tokens  int
	Zipf    bool   // else one after another
	Callers int    // who check; 0: everybody checks their own session
	Total   int    // checks
	Hits    bool   // only what the cache answers counts as a call
	REST    string // where sessions are ended meanwhile, by REST as well

	begun, asked atomic.Int64
}

// more tells whether there is another check to make.
func (c *checks) more() bool { return c.begun.Add(1) <= int64(c.Total) }

// request is the check of a session, or its end, by each protocol.
type request struct {
	method  string
	message []byte
	context context.Context // holds the metadata
	text    []byte
	want    []byte // is part of the response
}

// newRequest makes a request for the session of a token; control is a
// Cache-Control, or "".
func newRequest(verb, id, authorization, control string) *request {
	headers := []string{"authorization", authorization}
	if control != "" {
		headers = append(headers, "cache-control", control)
	}
	r := &request{method: service + "GetSession", want: []byte(id),
		context: metadata.NewOutgoingContext(context.Background(), metadata.Pairs(headers...))}
	r.message, _ = proto.Marshal(&usersv1.GetSessionRequest{Id: id}) // a string of ASCII always has a form
	if verb == http.MethodDelete {
		r.method, r.want = service+"DeleteSession", nil // whose request is the same
	}
	r.text = []byte(verb + " " + sessionPath + id + " HTTP/1.1\r\nHost: facade\r\nAccept: application/json\r\n")
	for i := 0; i < len(headers); i += 2 {
		r.text = append(r.text, headers[i]+": "+headers[i+1]+"\r\n"...)
	}
	r.text = append(r.text, "\r\n"...)
	return r
}

// check is the check of one session.
func (c *checks) check(n int64) *request {
	id := fmt.Sprintf("%s-%026d", c.Prefix, n%int64(c.Tokens))
	authorization := "Bearer " + id
	if c.Callers > 0 {
		authorization = fmt.Sprintf("Bearer %s-%d", c.Prefix, n%int64(c.Callers))
	}
	return newRequest(http.MethodGet, id, authorization, "")
}

// next makes what chooses the next check for each caller.
func (c *checks) next() func(caller int) func() *request {
	if !c.Zipf {
		return func(int) func() *request {
			return func() *request { return c.check(c.asked.Add(1) - 1) }
		}
	}
	all := make([]*request, c.Tokens)
	for i := range all {
		all[i] = c.check(int64(i))
	}
	return func(caller int) func() *request {
		source := rand.New(rand.NewPCG(1, uint64(caller)))                //nolint:gosec // it chooses sessions, the same in each run
		zipf := rand.NewZipf(source, zipfExponent, 1, uint64(c.Tokens-1)) //nolint:gosec // there is one at least
		return func() *request { return all[zipf.Uint64()] }
	}
}

// checkers makes what checks, one for each check in flight.
func (j *job) checkers() (all []caller, done func(), err error) {
	var conns []*grpc.ClientConn
	if j.Protocol == protocolGRPC {
		if conns, err = j.dial(); err != nil {
			return nil, nil, err
		}
	}
	next := j.Checks.next()
	for i := range j.InFlight {
		if j.Protocol == protocolGRPC {
			all = append(all, &grpcChecker{conn: conns[i%len(conns)], next: next(i), hits: j.Checks.Hits})
			continue
		}
		all = append(all, &httpChecker{httpCaller: httpCaller{address: j.Address}, next: next(i), hits: j.Checks.Hits})
	}
	return all, func() { closeAll(all, conns) }, nil
}

// asker makes a request that it is given.
type asker interface {
	ask(r *request, within time.Duration) error
}

type grpcChecker struct {
	conn   *grpc.ClientConn
	next   func() *request
	hits   bool
	got    []byte
	header metadata.MD
}

func (c *grpcChecker) call(within time.Duration) error { return c.ask(c.next(), within) }
func (c *grpcChecker) close()                          {}

func (c *grpcChecker) ask(r *request, within time.Duration) error {
	ctx := r.context
	if within > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	var options []grpc.CallOption
	if c.hits {
		options = append(options, grpc.Header(&c.header))
	}
	err := c.conn.Invoke(ctx, r.method, &r.message, &c.got, options...)
	switch code := status.Code(err); {
	case code == codes.Unauthenticated:
		return errEnded
	case code == codes.ResourceExhausted, code == codes.Unavailable:
		return fmt.Errorf("%w: %w", errRefused, err)
	case err != nil:
		return err
	case !bytes.Contains(c.got, r.want):
		return errOther
	case c.hits && !isHit(strings.Join(c.header.Get("cache-status"), ",")):
		return errLoaded
	}
	return nil
}

type httpChecker struct {
	httpCaller
	next func() *request
	hits bool
}

func (c *httpChecker) call(within time.Duration) error { return c.ask(c.next(), within) }

func (c *httpChecker) ask(r *request, within time.Duration) error {
	c.text = r.text
	if err := c.exchange(within); err != nil {
		c.close()
		return err
	}
	switch code := string(c.got.first[len("HTTP/1.1 "):][:3]); {
	case code == "403" && bytes.Contains(c.got.body, []byte("Session expired")):
		return errEnded
	case code == "429", code == "503":
		return fmt.Errorf("%w: %s: %.300s", errRefused, c.got.first, c.got.body)
	case code != "200" && code != "204":
		return fmt.Errorf("%s: %.300s", c.got.first, c.got.body)
	case !bytes.Contains(c.got.body, r.want):
		return errOther
	case c.hits && !c.got.hit:
		return errLoaded
	}
	return nil
}

// isHit tells whether a Cache-Status says that the facade's cache has answered.
func isHit(cacheStatus string) bool { return strings.Contains(cacheStatus, "; hit") }
