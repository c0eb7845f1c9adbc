// Command tracedemo shows one trace: it starts a stand-in for an OpenTelemetry
// collector and the server on its sandbox, both on loopback, makes a call by each
// door as a caller who traces would, and prints the spans that arrive.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// The trace and the span that the caller is in.
const (
	traceID  = "0af7651916cd43dd8448eb211c80319c"
	callerID = "b7ad6b7169203331"
	wanted   = 4 // spans: two doors, each with its call of the upstream
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	err := run(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tracedemo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	spans := make(chan *tracev1.Span, 64)
	collector, err := startCollector(ctx, spans)
	if err != nil {
		return err
	}
	rest, grpcAddr, stop, err := startServer(ctx, collector)
	if err != nil {
		return err
	}
	defer stop()
	if err := call(ctx, rest, grpcAddr); err != nil {
		return err
	}
	children := map[string][]*tracev1.Span{}
	for range wanted {
		select {
		case span := <-spans:
			if got := hex.EncodeToString(span.GetTraceId()); got != traceID {
				return fmt.Errorf("span %s is of trace %s, not the caller's", span.GetName(), got)
			}
			parent := hex.EncodeToString(span.GetParentSpanId())
			children[parent] = append(children[parent], span)
		case <-ctx.Done():
			return errors.New("not all spans have arrived")
		}
	}
	fmt.Printf("trace %s\ncaller %s\n", traceID, callerID)
	show(children, callerID, "  ")
	return nil
}

// show prints the spans below one.
func show(children map[string][]*tracev1.Span, parent, indent string) {
	for _, span := range children[parent] {
		took := time.Duration(span.GetEndTimeUnixNano() - span.GetStartTimeUnixNano())
		fmt.Printf("%s└ %s (%v)\n", indent, span.GetName(), took.Round(time.Microsecond))
		for _, attribute := range span.GetAttributes() {
			value := strings.TrimSpace(attribute.GetValue().String())
			fmt.Printf("%s    %s = %s\n", indent, attribute.GetKey(), value)
		}
		show(children, hex.EncodeToString(span.GetSpanId()), indent+"  ")
	}
}

// startCollector takes traces as OTLP over HTTP and returns its address.
func startCollector(ctx context.Context, spans chan<- *tracev1.Span) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		var exported collectorv1.ExportTraceServiceRequest
		if proto.Unmarshal(body, &exported) != nil {
			return
		}
		for _, resource := range exported.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					spans <- span
				}
			}
		}
	})}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// startServer builds the server and starts it on the sandbox.
func startServer(ctx context.Context, collector string) (rest, grpcAddr string, stop func(), err error) {
	folder, err := os.MkdirTemp("", "tracedemo")
	if err != nil {
		return "", "", nil, err
	}
	binary := filepath.Join(folder, "server")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/server").CombinedOutput(); err != nil {
		return "", "", nil, fmt.Errorf("run this from the root of the repository: %w\n%s", err, out)
	}
	command := exec.CommandContext(ctx, binary, "--sandbox", "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0")
	command.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector, "OTEL_BSP_SCHEDULE_DELAY=100")
	logs, err := command.StderrPipe()
	if err != nil {
		return "", "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", "", nil, err
	}
	stop = func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		_ = os.RemoveAll(folder)
	}
	var serving struct{ Msg, REST, GRPC string }
	for lines := bufio.NewScanner(logs); serving.Msg != "serving"; {
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &serving) != nil {
			stop()
			return "", "", nil, errors.New("the server did not start")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	return "http://" + serving.REST, serving.GRPC, stop, nil
}

// call signs in by both doors.
func call(ctx context.Context, rest, grpcAddr string) error {
	traceparent := "00-" + traceID + "-" + callerID + "-01"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, rest+"/users/session",
		strings.NewReader(`{"email":"ada@example.com","password":"analytical-engine"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Traceparent", traceparent)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	conn, err := grpc.NewClient(grpcAddr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = usersv1.NewSessionAndAuthenticationServiceClient(conn).CreateSession(
		metadata.AppendToOutgoingContext(ctx, "traceparent", traceparent),
		&usersv1.CreateSessionRequest{Email: new("ada@example.com"), Password: new("analytical-engine")})
	return err
}
