package connectserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// inBubble runs a test for each form of a call, with a clock that does not wait.
func inBubble(t *testing.T, test func(*testing.T, *fixture, form)) {
	t.Helper()
	for _, form := range forms {
		name := strings.TrimPrefix(form.contentType, "application/")
		if form.http2 {
			name += " over HTTP/2"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, options())
				defer f.stop(t)
				test(t, f, form)
			})
		})
	}
}

// TestBodies_MustComeInTime sends one byte of a message, or none, and then nothing.
func TestBodies_MustComeInTime(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		for _, n := range []int{0, 1} {
			body, sender := io.Pipe()
			go func() { _, _ = sender.Write(make([]byte, n)) }()
			began := time.Now()
			got := f.call(t.Context(), o, authenticate, body)
			if took := time.Since(began); took > transport.RequestTimeout+time.Second {
				t.Errorf("a body of %d bytes was waited for %s: %s", n, took, got)
			}
			_ = sender.Close()
		}
		synctest.Wait()
		f.isIdle(t)
		if n := f.service.calls.Load(); n != 0 {
			t.Errorf("the service was called %d times", n)
		}
	})
}

// TestBodies_TheLongestWaitingGivesWay opens more calls whose messages do not come than
// may wait.
func TestBodies_TheLongestWaitingGivesWay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		const most = 10
		f.pipeline.Incomplete = transport.NewWaiters(most)
		ended := make(chan int, 2*most)
		var senders []*io.PipeWriter
		for i := range 2 * most {
			body, sender := io.Pipe()
			senders = append(senders, sender)
			go func() {
				f.call(t.Context(), o, authenticate, body)
				ended <- i
			}()
			synctest.Wait()
		}
		if n := f.pipeline.Incomplete.Len(); n != most || len(ended) != most {
			t.Errorf("%d wait, %d have given way", n, len(ended))
		}
		for range most {
			if i := <-ended; i >= most {
				t.Errorf("call %d has given way", i)
			}
		}
		if got := f.call(t.Context(), o, authenticate, bytes.NewReader(o.message([]byte("\x0a\x05a@b.c")))); got != "200" && got != "status 0" {
			t.Errorf("an honest call ended with %s", got)
		}
		for _, sender := range senders {
			_ = sender.Close()
		}
		time.Sleep(time.Minute)
	})
}

// zeros is a message of so many bytes that is compressed well.
func zeros(t *testing.T, size int) []byte {
	t.Helper()
	return packed(t, append(binary.AppendUvarint([]byte{15<<3 | 2}, uint64(size)), make([]byte, size)...))
}

func packed(t *testing.T, message []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(message)
	_ = w.Close()
	return out.Bytes()
}

// compressed is a message that is compressed.
func (o form) compressed(text []byte) (body []byte, header []string) {
	body = o.message(text)
	if o.contentType == "application/proto" {
		return body, []string{"Content-Encoding", "gzip"}
	}
	body[0] = 1
	if strings.HasPrefix(o.contentType, "application/connect") {
		return body, []string{"Connect-Content-Encoding", "gzip"}
	}
	return body, []string{"Grpc-Encoding", "gzip"}
}

// TestUnpacked_IsCharged sends many small messages that become large: all together they
// take no more than there is, those that wait for it longest give way where they are too
// many, and the others are answered.
func TestUnpacked_IsCharged(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		body, header := o.compressed(zeros(t, maxRequest-16))
		const calls, waiting = 30, 10
		f.pipeline.Incomplete = transport.NewWaiters(waiting)
		f.service.hold = make(chan struct{})
		ended := make(chan string, calls)
		for range calls {
			go func() { ended <- f.call(t.Context(), o, list, bytes.NewReader(body), header...) }()
			synctest.Wait()
		}
		const each = maxRequest * transport.CopiesOfMessage
		served := int(f.service.calls.Load())
		if used := f.pipeline.Memory.Used(); int(used) < served*(each-each/100) || served != 16*mib/each || len(ended) != calls-served-waiting {
			t.Errorf("%d calls are charged %d bytes, %d have given way", served, used, len(ended))
		}
		for range calls - served - waiting {
			if got := <-ended; got != "429" && got != "status 8" {
				t.Errorf("one that gave way ended with %s", got)
			}
		}
		close(f.service.hold)
		for range served + waiting {
			if got := <-ended; got != "200" && got != "status 0" {
				t.Errorf("ended with %s", got)
			}
		}
	})
}

// TestMessages_AreChargedAsTheyTurnOut: a call under way is charged for its message and
// for nothing that was kept ready for it, and a refused one for nothing.
func TestMessages_AreChargedAsTheyTurnOut(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		const size = 100 << 10
		large := append(binary.AppendUvarint([]byte{15<<3 | 2}, size), make([]byte, size)...)
		random := make([]byte, 100) // becomes no more
		_, _ = rand.NewChaCha8([32]byte{}).Read(random)
		little, header := o.compressed(packed(t, append([]byte{15<<3 | 2, 100}, random...)))
		f.service.hold = make(chan struct{})
		for _, c := range []struct {
			body   []byte
			header []string
			want   int
		}{{o.message(large), nil, len(large)}, {little, header, 0}} {
			ended := make(chan string, 1)
			go func() { ended <- f.call(t.Context(), o, list, bytes.NewReader(c.body), c.header...) }()
			synctest.Wait()
			least, most := int64(c.want)*transport.CopiesOfMessage, int64(c.want+envelope)*transport.CopiesOfMessage
			if used := f.pipeline.Memory.Used(); used < least || used > most || f.pipeline.Incoming.Used() != 0 {
				t.Errorf("a message of %d bytes is charged %d and %d bytes", c.want, used, f.pipeline.Incoming.Used())
			}
			f.service.hold <- struct{}{}
			if got := <-ended; got != "200" && got != "status 0" {
				t.Errorf("ended with %s", got)
			}
		}
		large[0] = 0xff
		if got := f.call(t.Context(), o, list, bytes.NewReader(o.message(large))); got != "400" && got != "status 3" {
			t.Errorf("what cannot be decoded ended with %s", got)
		}
		synctest.Wait()
		f.isIdle(t)
	})
}

// TestBombs_OfHealthAndReflection: what is small when it comes is refused when it has
// become too large, on streams too. (RPCs are bounded by TestUnpacked_IsCharged.)
func TestBombs_OfHealthAndReflection(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		unary := o
		if o.contentType == "application/proto" {
			o.contentType = "application/connect+proto"
		}
		const most = transport.MaxControlMessage
		for path, o := range map[string]form{check: unary, watch: o, reflect: o} {
			if path == reflect && !o.http2 {
				continue
			}
			for size, refused := range map[int]bool{most / 2: false, most: true, 100 * most: true} {
				body, header := o.compressed(zeros(t, size))
				if len(body) > most {
					t.Fatalf("%d bytes are no bomb", len(body))
				}
				if got := f.refusedAsTooLarge(t, o, path, body, header...); got != refused {
					t.Errorf("%s of %d bytes that become %d is refused: %t", path, len(body), size, got)
				}
			}
		}
	})
}

// refusedAsTooLarge makes a call, and leaves what lasts when it has begun to be answered.
func (f *fixture) refusedAsTooLarge(t *testing.T, o form, path string, body []byte, header ...string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), transport.RequestTimeout)
	defer cancel()
	response, err := f.start(ctx, o, path, bytes.NewReader(body), header...)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body) // a watch does not end
	for _, of := range []http.Header{response.Header, response.Trailer} {
		if of.Get("Grpc-Status") == "8" {
			return true
		}
	}
	return bytes.Contains(text, []byte("grpc-status: 8\r\n")) || bytes.Contains(text, []byte(`"code":"resource_exhausted"`))
}

// trailers are gRPC-Web's of so many names.
func trailers(names int) []byte {
	var text []byte
	for i := range names {
		text = fmt.Appendf(text, "a%x:\n", i)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0x80}, uint32(len(text))), text...)
}

// TestRequests_AreOneMessage: what comes beside it would be kept, as long as the call
// lasts, and is in no sum.
func TestRequests_AreOneMessage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		if o.contentType == "application/proto" {
			return // it has no place for more
		}
		message, many := o.message(nil), trailers(10_000)
		packedTrailers, header := o.compressed(packed(t, many[envelope:]))
		packedTrailers[0] |= 0x80
		for name, body := range map[string][]byte{
			"another message": slices.Concat(message, message), "trailers": slices.Concat(message, many), "trailers alone": many,
			"an empty message and packed trailers": slices.Concat(message, packedTrailers), "packed trailers": packedTrailers,
			"an unknown flag": {2, 0, 0, 0, 0}, "a byte": append(slices.Clone(message), 0),
		} {
			if got := f.call(t.Context(), o, list, bytes.NewReader(body), header...); got != "status 3" {
				t.Errorf("%s: ended with %s", name, got)
			}
		}
		if n := f.service.calls.Load(); n != 0 {
			t.Errorf("the service was called %d times", n)
		}
	})
}

// TestQueries_AreBounded: connect keeps a query as long as the call lasts, taken apart,
// where a parameter takes much more than its bytes.
func TestQueries_AreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		for parameters, want := range map[int][]string{maxParameters: {"200", "status 0"}, maxParameters + 1: {"400", "status 3"}, 20_000: {"400", "status 3"}} {
			var query strings.Builder
			for i := range parameters {
				fmt.Fprintf(&query, "&%x", i)
			}
			if got := f.call(t.Context(), o, list+"?"+query.String()[1:], bytes.NewReader(o.message(nil))); !slices.Contains(want, got) {
				t.Errorf("a call with %d parameters ended with %s", parameters, got)
			}
		}
	})
}

// unread makes calls whose responses nobody takes.
func unread(t *testing.T, f *fixture, o form, n int) (responses []*http.Response) {
	t.Helper()
	for range n {
		response, err := f.start(t.Context(), o, list, bytes.NewReader(o.message(nil)))
		if err != nil {
			t.Fatal(err)
		}
		responses = append(responses, response)
	}
	return responses
}

// TestResponses_MustBeTaken leaves responses where they are.
func TestResponses_MustBeTaken(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		f.service.size.Store(5 * mib)
		responses := unread(t, f, o, 3)
		synctest.Wait()
		if n := f.responses.Len(); n != 3 {
			t.Errorf("%d responses wait", n)
		}
		time.Sleep(transport.StallTimeout + time.Second)
		synctest.Wait()
		f.isIdle(t)
		for _, response := range responses {
			if _, err := io.Copy(io.Discard, response.Body); err == nil {
				t.Error("a response came whole")
			}
			_ = response.Body.Close()
		}
	})
}

// TestResponses_TheLongestWaitingGivesWay leaves more responses where they are than may be.
func TestResponses_TheLongestWaitingGivesWay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		f.service.size.Store(5 * mib)
		const most = 5
		f.responses = transport.NewWaiters(most)
		responses := unread(t, f, o, most)
		time.Sleep(2 * time.Second)
		responses = append(responses, unread(t, f, o, most)...)
		synctest.Wait()
		if n := f.responses.Len(); n != most {
			t.Errorf("%d responses wait", n)
		}
		for i, response := range responses {
			if _, err := io.Copy(io.Discard, response.Body); (err == nil) != (i >= most) {
				t.Errorf("response %d: %v", i, err)
			}
			_ = response.Body.Close()
		}
	})
}

// watching opens a watch and reads its first message.
func watching(ctx context.Context, t *testing.T, f *fixture, o form) *http.Response {
	t.Helper()
	if o.contentType == "application/proto" {
		o.contentType = "application/connect+proto"
	}
	response, err := f.start(ctx, o, watch, bytes.NewReader(o.message(nil)))
	if err != nil {
		t.Fatal(err)
	}
	if got := next(t, response); got != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("%s: %s", o.contentType, got)
	}
	return response
}

func next(t *testing.T, response *http.Response) healthv1.HealthCheckResponse_ServingStatus {
	t.Helper()
	frame := make([]byte, 5)
	if _, err := io.ReadFull(response.Body, frame); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, binary.BigEndian.Uint32(frame[1:]))
	if _, err := io.ReadFull(response.Body, text); err != nil {
		t.Fatal(err)
	}
	got := &healthv1.HealthCheckResponse{}
	if err := proto.Unmarshal(text, got); err != nil {
		t.Fatal(err)
	}
	return got.GetStatus()
}

// TestWatches_Last: a watch is told of a change an hour later.
func TestWatches_Last(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		response := watching(t.Context(), t, f, o)
		time.Sleep(time.Hour)
		f.pipeline.Health.NotServing()
		if got := next(t, response); got != healthv1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("told %s", got)
		}
		f.pipeline.Health.EndWatches()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Errorf("the watch ends with %v", err)
		}
		_ = response.Body.Close()
	})
}

// TestWatches_TheLongestGivesWay opens more watches than there may be, and leaves one.
func TestWatches_TheLongestGivesWay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		const most = 10
		f.pipeline.Health.Streams.Waiters = transport.NewWaiters(most)
		var responses []*http.Response
		for range most + 3 {
			responses = append(responses, watching(t.Context(), t, f, o))
			synctest.Wait()
		}
		if n := f.pipeline.Health.Streams.Len(); n != most {
			t.Errorf("%d watches are open", n)
		}
		for _, response := range responses[:3] {
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				t.Errorf("a watch that gives way ends with %v", err)
			}
		}
		for _, response := range responses {
			_ = response.Body.Close()
		}
		synctest.Wait()
		if n := f.pipeline.Health.Streams.Len(); n != 0 {
			t.Errorf("%d watches are left by those who have gone", n)
		}
	})
}

// TestReflection_IsBounded: of its streams few are served at a time, each message must
// come in time, and is a name.
func TestReflection_IsBounded(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/grpc", "application/grpc-web+proto", "application/connect+proto"} {
		o := form{contentType, true}
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t, options())
			defer f.stop(t)
			maxReflections := cap(f.pipeline.Health.Streams.Reflecting)
			ended := make(chan string, 3*maxReflections)
			var senders []*io.PipeWriter
			for range 2 * maxReflections {
				body, sender := io.Pipe()
				senders = append(senders, sender)
				go func() { ended <- f.call(t.Context(), o, reflect, body) }()
				synctest.Wait()
			}
			if n, served := len(ended), len(f.pipeline.Health.Streams.Reflecting); n != maxReflections || served != maxReflections {
				t.Errorf("%s: %d have given way, %d are served", contentType, n, served)
			}
			began := time.Now()
			for range 2 * maxReflections {
				<-ended
			}
			if took := time.Since(began); took > transport.RequestTimeout+time.Second {
				t.Errorf("%s: they end after %s", contentType, took)
			}
			for _, sender := range senders {
				_ = sender.Close()
			}
			synctest.Wait()
			f.isIdle(t)
			for size, refused := range map[int]bool{transport.MaxControlMessage/2 - 10: false, transport.MaxControlMessage: true} {
				message, err := proto.Marshal(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{
					FileContainingSymbol: strings.Repeat("a.", size/2)}})
				if err != nil {
					t.Fatal(err)
				}
				got := f.call(t.Context(), o, reflect, bytes.NewReader(o.message(message)))
				if contentType != "application/connect+proto" && (got == "status 8") != refused {
					t.Errorf("%s: a name of %d bytes ends with %s", contentType, size, got)
				}
			}
		})
	}
}

// TestShutdown_LetsCallsFinish: calls under way are answered, watches end, and then the
// server does.
func TestShutdown_LetsCallsFinish(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		f.service.hold = make(chan struct{})
		ended, down := make(chan string, 1), make(chan error, 1)
		watched := watching(t.Context(), t, f, o)
		go func() { ended <- f.call(t.Context(), o, list, bytes.NewReader(o.message(nil))) }()
		synctest.Wait()
		f.pipeline.Health.NotServing()
		go func() { down <- f.http.Shutdown(t.Context()) }()
		time.Sleep(time.Second)
		f.pipeline.Health.EndWatches()
		_, _ = io.Copy(io.Discard, watched.Body)
		_ = watched.Body.Close()
		synctest.Wait()
		if len(ended)+len(down) > 0 {
			t.Fatal("the call, or the server, has ended")
		}
		close(f.service.hold)
		if got := <-ended; got != "200" && got != "status 0" {
			t.Errorf("the call ended with %s", got)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
}

// TestReflection_MustBeTaken asks for the contract again and again and takes nothing.
func TestReflection_MustBeTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		o := form{"application/grpc", true}
		question, err := proto.Marshal(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{
			FileContainingSymbol: strings.ReplaceAll(strings.Trim(base, "/"), "/", ".")}})
		if err != nil {
			t.Fatal(err)
		}
		body, sender := io.Pipe()
		var asking sync.WaitGroup
		asking.Go(func() {
			for {
				if _, err := sender.Write(o.message(question)); err != nil {
					return
				}
			}
		})
		response, err := f.start(t.Context(), o, reflect, body)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(transport.StallTimeout - time.Second)
		if n := len(f.pipeline.Health.Streams.Reflecting); n != 1 {
			t.Errorf("%d streams are served", n)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		f.isIdle(t)
		_ = response.Body.Close()
		_ = sender.Close()
		asking.Wait()
	})
}

// TestText_IsSentAsItComes: what a watch tells is there whole, though more is to come.
func TestText_IsSentAsItComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		o := form{"application/grpc-web-text", false}
		response, err := f.start(t.Context(), o, watch, strings.NewReader(base64.StdEncoding.EncodeToString(o.message(nil))))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		want := base64.StdEncoding.EncodeToString(o.message([]byte{1 << 3, byte(healthv1.HealthCheckResponse_SERVING)}))
		got := make([]byte, len(want))
		if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != want || response.Header.Get("Content-Type") != o.contentType {
			t.Errorf("%q as %s, want %q: %v", got, response.Header.Get("Content-Type"), want, err)
		}
	})
}

// TestConnections_EndWhereTheyMust: with the call that comes when the server is about to
// go, and after a body whose length net/http may have got wrong.
func TestConnections_EndWhereTheyMust(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		for _, c := range []struct {
			serving, chunked bool
			want             bool
		}{{true, false, false}, {true, true, true}, {false, false, true}} {
			if !c.serving {
				f.pipeline.Health.NotServing()
			}
			var body io.Reader = bytes.NewReader(o.message(nil))
			if c.chunked {
				body = io.MultiReader(body)
			}
			response, err := f.start(t.Context(), o, list, body)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if !o.http2 && response.Close != c.want {
				t.Errorf("%+v: the connection ends: %t", c, response.Close)
			}
		}
	})
}

// TestConnections_EndAtTheirAge: with the first call after it, and those under way finish.
func TestConnections_EndAtTheirAge(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		call := func() {
			t.Helper()
			if got := f.call(t.Context(), o, list, bytes.NewReader(o.message(nil))); got != "200" && got != "status 0" {
				t.Errorf("a call ended with %s", got)
			}
		}
		call()
		time.Sleep(maxAge * 9 / 10)
		call()
		if n := f.listener.dialled.Load(); n != 1 {
			t.Errorf("there are %d connections before the age", n)
		}
		watched := (*http.Response)(nil)
		if o.http2 {
			watched = watching(t.Context(), t, f, o)
		}
		time.Sleep(maxAge / 5)
		call()
		call()
		synctest.Wait()
		if n := f.listener.dialled.Load(); n != 2 {
			t.Errorf("there are %d connections after the age", n)
		}
		if watched == nil {
			return
		}
		time.Sleep(time.Hour)
		f.pipeline.Health.NotServing()
		if got := next(t, watched); got != healthv1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("the watch of the old connection is told %s", got)
		}
		_ = watched.Body.Close()
	})
}

// TestOverload_IsToldBeforeTheMessage: nothing is waited for that would be refused.
func TestOverload_IsToldBeforeTheMessage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		for f.pipeline.InFlight.Acquire() {
			defer f.pipeline.InFlight.Release()
		}
		body, sender := io.Pipe()
		defer sender.Close()
		began := time.Now()
		if got := f.call(t.Context(), o, authenticate, body); got != "429" && got != "status 8" || time.Since(began) > time.Second {
			t.Errorf("ended with %s after %s", got, time.Since(began))
		}
	})
}

// TestBody_LeavesTheCallItsTime: the time for a body is over with the body.
func TestBody_LeavesTheCallItsTime(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		f.service.hold = make(chan struct{})
		time.AfterFunc(transport.RequestTimeout+time.Second, func() { close(f.service.hold) })
		message, err := proto.Marshal(&usersv1.AuthenticateRequest{Email: "a@b.test"})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.call(t.Context(), o, authenticate, bytes.NewReader(o.message(message))); got != "200" && got != "status 0" {
			t.Errorf("%+v: the call ended with %s", o, got)
		}
	})
}

// deadlineRecorder notes the deadline for a request's body.
type deadlineRecorder struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (r *deadlineRecorder) SetReadDeadline(deadline time.Time) error {
	r.deadline = deadline
	return nil
}

// TestPreflight_WithABodyThatDoesNotCome: net/http waits for it before it answers.
func TestPreflight_WithABodyThatDoesNotCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testPreflightWithABodyThatDoesNotCome)
}

func testPreflightWithABodyThatDoesNotCome(t *testing.T) {
	t.Helper()
	o := options()
	o.CORSOrigins = []string{"https://app.example.com"}
	f := newFixture(t, o)
	defer f.stop(t)
	request := httptest.NewRequest(http.MethodOptions, list, strings.NewReader("{"))
	request.Header = http.Header{"Origin": o.CORSOrigins, "Access-Control-Request-Method": {http.MethodPost}}
	recorder := &deadlineRecorder{ResponseRecorder: httptest.NewRecorder()}
	f.Handler(http.NotFoundHandler()).ServeHTTP(recorder, request)
	if recorder.Code != http.StatusNoContent || time.Until(recorder.deadline) > transport.RequestTimeout || recorder.deadline.IsZero() {
		t.Errorf("%d, the body may take until %v", recorder.Code, recorder.deadline)
	}
}
