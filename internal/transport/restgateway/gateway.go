package restgateway

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/contentcoding"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// newMux makes grpc-gateway's mux, with the defaults that would not do turned off.
func newMux(service *Service, channel grpc.ClientConnInterface) (*runtime.ServeMux, error) {
	none := func(string) (string, bool) { return "", false }
	mux := runtime.NewServeMux(
		runtime.WithMiddlewares(setPathValues),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newMarshaler()),
		runtime.WithIncomingHeaderMatcher(none),
		runtime.WithOutgoingHeaderMatcher(none),
		runtime.WithOutgoingTrailerMatcher(none),
		runtime.WithForwardResponseOption(setResponseHeader),
		runtime.WithForwardResponseRewriter(rawResponse),
		runtime.WithWriteContentLength(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithErrorHandler(gatewayError),
	)
	return mux, service.Register(mux, channel)
}

// rpc is what is known of an RPC before a call of it comes.
type rpc struct {
	*transport.Method
	inner *url.URL // of the requests that the mux gets: the template, whose {field} matches as any value does
	// compressing has the responses that are being compressed; nil where they can hold a
	// secret, see compress.
	compressing chan struct{}
	fields      []string // that are in the path
	json        wirejson.Body
}

// newRPCs prepares the RPCs of a protocol. An RPC without a handler or without its JSON
// is an error.
func newRPCs(protocol *transport.Protocol, methods wirejson.Methods, mux http.Handler) (map[string]*rpc, error) {
	rpcs := make(map[string]*rpc, len(protocol.Methods))
	for name, method := range protocol.Methods {
		json, err := methods.For(name, method.HasBody, method.HasResponseBody())
		if err != nil {
			return nil, err
		}
		if err := checkHandler(mux, method.Rule); err != nil {
			return nil, err
		}
		p := &rpc{Method: method, inner: &url.URL{Path: method.Template}, json: json.Request}
		if method.HasResponseBody() && !httprule.HoldsSecret(method.Method.Output()) {
			p.compressing = make(chan struct{}, maxCompressing)
		}
		for _, field := range method.PathFields() {
			p.fields = append(p.fields, string(field.Name()))
		}
		rpcs[name] = p
	}
	return rpcs, nil
}

// setPathValues is a middleware of grpc-gateway's: a handler gets the values that the
// router has found, decoded once and checked.
func setPathValues(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, values map[string]string) {
		switch w := w.(type) {
		case *probe:
			pattern, _ := runtime.HTTPPattern(r.Context())
			w.found = strings.ReplaceAll(pattern.String(), "=*}", "}")
		case *recorder:
			for i, field := range w.rpc.fields {
				values[field] = w.pathValues[i]
			}
			next(w, r, values)
		}
	}
}

// noHeader is the header of the requests that the mux gets; read-only.
var noHeader = http.Header{}

// queryKey is the context's key for a request with the fields of the query.
type queryKey struct{}

// innerRequest makes the request that grpc-gateway gets: without the query, which has been
// read, and without what it would tell the service of the caller.
func (r *recorder) innerRequest(ctx context.Context, outer *http.Request) *http.Request {
	r.body = requestBody{text: r.call.Exchange.Request, json: r.rpc.json}
	r.gzip = r.rpc.compressing != nil && contentcoding.AcceptsGzip(outer.Header)
	inner := outer.WithContext(ctx)
	inner.Method, inner.URL, inner.Host, inner.RemoteAddr = r.rpc.Verb, r.rpc.inner, "", ""
	inner.Header, inner.Body = noHeader, &r.body
	if timeout := outer.Header["Grpc-Timeout"]; len(timeout) > 0 {
		inner.Header = http.Header{"Grpc-Timeout": timeout}
	}
	return inner
}

// checkHandler tells when the server starts, not when the call comes, that the mux has
// no handler for a rule, or another's: of two that match, it takes the one declared last.
func checkHandler(mux http.Handler, rule *httprule.Rule) error {
	var asked probe
	mux.ServeHTTP(&asked, &http.Request{Method: rule.Verb, URL: &url.URL{Path: rule.Template}, Header: noHeader})
	switch asked.found {
	case rule.Template:
		return nil
	case "":
		return fmt.Errorf("%s: grpc-gateway has no handler for %s %s; generate gen/ anew", rule.FullMethod, rule.Verb, rule.Template)
	default:
		return fmt.Errorf("%s: grpc-gateway takes %s %s for %s; declare this RPC after that one", rule.FullMethod, rule.Verb, rule.Template, asked.found)
	}
}

// probe is the response to no call: only whose handler there is is kept.
type probe struct{ found string }

func (*probe) Header() http.Header         { return http.Header{} }
func (*probe) Write(b []byte) (int, error) { return len(b), nil }
func (*probe) WriteHeader(int)             {}

// setResponseHeader gives a success the status, the headers and the content type that
// the upstream gave it.
func setResponseHeader(_ context.Context, w http.ResponseWriter, _ proto.Message) error {
	rec, ok := w.(*recorder)
	if !ok {
		return fmt.Errorf("%T is not a recorder", w)
	}
	response := rec.call.Exchange.Response
	rec.success = response.Status
	relayHeader(rec, nil)
	if len(responseBody(rec.call)) > 0 {
		w.Header()["Content-Type"] = jsonType(response.Header)
	} else {
		w.Header().Del("Content-Type")
	}
	if rec.rpc.compressing != nil {
		compress(rec)
	}
	return nil
}

// maxCompressing is how many responses of an RPC are compressed at a time. Each takes most
// of a megabyte meanwhile, and what is more is sent as it is.
const maxCompressing = 32

// compress compresses a success whose caller asks for it. It is for responses that can hold
// no secret: beside what a caller chooses, the length tells what a secret is like (BREACH).
func compress(rec *recorder) {
	header, body := rec.Header(), responseBody(rec.call)
	if len(body) < contentcoding.MinBytes || strings.Contains(strings.ToLower(strings.Join(header["Cache-Control"], ",")), "no-transform") {
		return
	}
	header.Add("Vary", "Accept-Encoding")
	if !rec.gzip {
		return
	}
	select {
	case rec.rpc.compressing <- struct{}{}:
		defer func() { <-rec.rpc.compressing }()
	default:
		return
	}
	rec.call.Exchange.Response.Body = contentcoding.Gzip(body)
	header.Set("Content-Encoding", "gzip")
	httpport.WeakenTag(header)
}

// rawResponse is grpc-gateway's hook to answer with something else than the message: the
// body as the upstream sent it.
func rawResponse(ctx context.Context, _ proto.Message) (any, error) {
	return &httpbody.HttpBody{Data: responseBody(transport.CallFromContext(ctx))}, nil
}

// responseBody is the body of a success; none where the contract has none.
func responseBody(call *transport.Call) []byte {
	if !call.Method.HasResponseBody() {
		return nil
	}
	return wirejson.TrimBOM(call.Exchange.Response.Body)
}
