package restgateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// Gateway is the handler of REST calls. It checks what grpc-gateway would forgive, and
// hands the rest to it with nothing left to guess: the RPC found, the query and the body read.
type Gateway struct {
	http.Handler // with CORS in front

	pipeline *transport.Pipeline
	protocol *transport.Protocol
	router   *httprule.Router
	mux      *runtime.ServeMux
	rpcs     map[string]*rpc // by full method
	tooLarge error           // refuses a body
}

// New makes the handler of REST calls of a service, which is called in process.
func New(pipeline *transport.Pipeline, service Service) (g *Gateway, err error) {
	g = &Gateway{pipeline: pipeline, tooLarge: pipeline.TooLarge("body")}
	g.Handler = httpport.CORS(pipeline, http.HandlerFunc(g.serveCall))
	if g.protocol, err = pipeline.NewProtocol(transport.ProtocolREST); err != nil {
		return nil, err
	}
	if g.router, err = httprule.NewRouter(pipeline.Rules); err != nil {
		return nil, err
	}
	if g.mux, err = newMux(&service, newChannel(pipeline, service.Desc, service.Server)); err != nil {
		return nil, err
	}
	if g.rpcs, err = newRPCs(g.protocol, service.JSON, g.mux); err != nil {
		return nil, err
	}
	return g, nil
}

// Bound bounds what the calls of a server hold for their peers: the number of headers, the
// time for the body, and the responses that wait to be taken.
func (g *Gateway) Bound(next http.Handler) http.Handler {
	responses := httpport.NewWaiters(g.pipeline)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response := httpport.NewResponse(w, r, responses)
		defer response.Finish()
		rec := &recorder{ResponseWriter: response}
		if rec.err = transport.CheckHeader(r.Header); rec.err != nil {
			r.Header = http.Header{}
			g.ServeHTTP(rec, r)
			return
		}
		next.ServeHTTP(rec, r)
	})
}

// serveCall takes a call, and records how it ended.
func (g *Gateway) serveCall(w http.ResponseWriter, r *http.Request) {
	rec, ok := w.(*recorder)
	if !ok {
		rec = &recorder{ResponseWriter: w} // whose bounds are another's
	}
	c := g.protocol.NewCall(transport.HTTPHeader(r.Header), r.RemoteAddr)
	defer c.Exchange.Lease.Release()
	rec.call = c
	ctx := transport.NewContext(r.Context(), c)
	httpport.SetConnection(w.Header(), g.pipeline, r)
	defer func() {
		if panicked := recover(); panicked != nil {
			writeError(rec, c.Recovered(ctx, g.pipeline.Logger, panicked))
		}
		c.End(ctx, rec.err, rec.status)
	}()
	if err := g.serve(ctx, rec, r); err != nil {
		writeError(rec, err)
	}
}

// serve responds to a call, unless it returns an error.
func (g *Gateway) serve(ctx context.Context, rec *recorder, r *http.Request) error {
	switch {
	case rec.err != nil:
		return rec.err
	case g.pipeline.InFlight.Full():
		return transport.ErrOverloaded // before anything is spent on it
	}
	rules, pathValues, err := g.router.Match(httprule.RequestPath(r.URL))
	if errors.Is(err, httprule.ErrNoRoute) {
		return transport.Refuse(codes.NotFound, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, err.Error())
	} else if err != nil {
		return refuseField(err)
	}
	rule, err := matchVerb(rec, r.Method, rules)
	if rule == nil {
		return err
	}
	rec.rpc, rec.pathValues = g.rpcs[rule.FullMethod], pathValues
	rec.call.Method = rec.rpc.Method
	text, query, err := rule.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuseField(err)
	}
	if query != nil {
		ctx = context.WithValue(ctx, queryKey{}, query)
	}
	if rec.call.Exchange.Request, err = g.readBody(ctx, rec, r, rule); err != nil {
		return err
	}
	rec.call.Exchange.Raw, rec.call.Exchange.Query = true, text
	g.mux.ServeHTTP(rec, rec.innerRequest(ctx, r))
	return nil
}

// refuseField is the refusal of a value in the path or the query.
func refuseField(err error) error {
	if bad, ok := errors.AsType[*httprule.FieldError](err); ok {
		return transport.RefuseField(string(bad.Field), bad.Problem)
	}
	return err
}

// matchVerb finds the rule for a verb. HEAD is GET whose body net/http leaves out;
// OPTIONS is answered here, which no rule and no error say.
func matchVerb(rec *recorder, verb string, rules []*httprule.Rule) (*httprule.Rule, error) {
	allow := []string{http.MethodOptions}
	for _, rule := range rules {
		if verb == rule.Verb || (verb == http.MethodHead && rule.Verb == http.MethodGet) {
			return rule, nil
		}
		allow = append(allow, rule.Verb)
		if rule.Verb == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	rec.Header().Set("Allow", strings.Join(allow, ", "))
	if verb == http.MethodOptions {
		rec.WriteHeader(http.StatusNoContent)
		return nil, nil
	}
	return nil, transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED,
		fmt.Sprintf("this path has no %s operation; see the Allow header", verb))
}
