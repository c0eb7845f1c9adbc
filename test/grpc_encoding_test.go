package test

import (
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// namedCodec is Protobuf under another name, which the content type tells.
type namedCodec struct {
	encoding.CodecV2
	name string
}

// Name implements encoding.CodecV2.
func (c namedCodec) Name() string { return c.name }

// TestGRPC_RefusesOtherEncodings: grpc-go takes any "application/grpc+…" for its own, and
// an empty message is valid in each of them.
func TestGRPC_RefusesOtherEncodings(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	for subtype, want := range map[string]codes.Code{"": codes.OK, "proto": codes.OK, "json": codes.Unimplemented, "x": codes.Unimplemented} {
		err := facade.Conn.Invoke(t.Context(), usersv1.SessionAndAuthenticationService_ListApiSessions_FullMethodName,
			&usersv1.ListApiSessionsRequest{}, &usersv1.ListApiSessionsResponse{}, grpc.ForceCodecV2(namedCodec{encoding.GetCodecV2(proto.Name), subtype}))
		if status.Code(err) != want {
			t.Errorf("application/grpc+%s: %v, want %v", subtype, err, want)
		}
	}
	if seen := upstream.Take(); len(seen) != 2 {
		t.Errorf("the upstream saw %d calls, want 2", len(seen))
	}
}

// TestGRPC_TakesGzip: whether or not telemetry happens to import it. Both ends of a test
// are one program, so the server's own import is looked for.
func TestGRPC_TakesGzip(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, session))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	email := strings.Repeat("a", 10_000)
	_, err := facade.Client.CreateSession(t.Context(), &usersv1.CreateSessionRequest{Email: &email}, grpc.UseCompressor(gzip.Name))
	if seen := upstream.Take(); err != nil || len(seen) != 1 || !strings.Contains(string(seen[0].Body), email) {
		t.Errorf("%v; the upstream saw %d calls", err, len(seen))
	}
	const one = `{"sessionId":"s","expiration":"e","isUnlimitedExpiration":false,"sessionType":"API"}`
	var listed usersv1.ListApiSessionsResponse
	upstream.Answer(facadetest.Respond(200, nil, "["+strings.Repeat(one+",", 2_000)+one+"]"))
	if err := facade.Conn.Invoke(t.Context(), usersv1.SessionAndAuthenticationService_ListApiSessions_FullMethodName,
		&usersv1.ListApiSessionsRequest{}, &listed, grpc.UseCompressor(gzip.Name)); err != nil || len(listed.GetApiSessions()) != 2_001 {
		t.Errorf("%d sessions: %v", len(listed.GetApiSessions()), err)
	}
	imports, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Imports}}", "../internal/transport/grpcserver").Output()
	if err != nil || !strings.Contains(string(imports), "google.golang.org/grpc/encoding/gzip") {
		t.Errorf("the server does not import gzip: %s, %v", imports, err)
	}
}
