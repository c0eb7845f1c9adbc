package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// The calls that are measured.
const (
	opGet    = "get"
	opCreate = "create"
	opList   = "list"
	opEnd    = "end"   // answered 204
	opCheck  = "check" // of sessions, by the cache; see checks
)

// operation is a call as it goes over the wire by each protocol, and its response.
type operation struct {
	method       string // the RPC
	request      []byte // its message
	requestText  string // the same in JSON
	reply        proto.Message
	newReply     func() proto.Message
	untranslated func() // takes out of the reply what a peer can't translate
	verb, path   string
	body         string
	status       int
	answer       string // the body of the REST response
}

const service = "/wingspan.users.v1.SessionAndAuthenticationService/"

// operationOf makes the call that a job asks for.
func operationOf(j *job) (*operation, error) {
	var o *operation
	switch j.Op {
	case opGet:
		o = getOperation()
	case opCreate:
		o = createOperation(j.BodyBytes)
	case opList:
		o = listOperation(j.List)
	case opEnd:
		o = &operation{method: "DeleteSession", verb: http.MethodDelete, path: "/users/session/token/t-1", status: http.StatusNoContent,
			reply: &usersv1.DeleteSessionResponse{}, newReply: func() proto.Message { return &usersv1.DeleteSessionResponse{} }}
		return o, o.marshal(&usersv1.DeleteSessionRequest{Id: "t-1"})
	default:
		return nil, fmt.Errorf("no operation %q", j.Op)
	}
	if j.System == vanguardName {
		// protojson does not know the upstream's spelling of enums, and Vanguard has
		// it pass over what it does not know.
		o.untranslated()
	}
	switch j.Op {
	case opGet:
		return o, o.marshal(&usersv1.GetApiSessionRequest{Id: "s-1"})
	case opCreate:
		return o, o.marshal(&usersv1.CreateApiSessionRequest{IsUnlimitedExpiration: new(bool), Labels: map[string]string{"team": note(j.BodyBytes)}})
	}
	return o, o.marshal(&usersv1.ListApiSessionsRequest{})
}

func (o *operation) marshal(request proto.Message) (err error) {
	o.method = service + o.method
	if o.request, err = proto.Marshal(request); err != nil {
		return err
	}
	text, err := protojson.Marshal(request)
	o.requestText = string(text)
	return err
}

func newSession() *usersv1.ApiSession {
	return &usersv1.ApiSession{SessionId: "s-1", Expiration: "2022-09-03T19:46:40.748Z", Labels: map[string]string{"team": "payroll"},
		SessionType: usersv1.SessionType_SESSION_TYPE_API, Token: proto.String("t-0123456789"), UserId: proto.String("u-1")}
}

func getOperation() *operation {
	reply := &usersv1.GetApiSessionResponse{ApiSession: newSession()}
	return &operation{method: "GetApiSession", verb: http.MethodGet, path: "/users/session/api/s-1", status: http.StatusOK, answer: sessionText,
		reply: reply, newReply: func() proto.Message { return &usersv1.GetApiSessionResponse{} },
		untranslated: func() { reply.GetApiSession().SessionType = 0 }}
}

// note is a label's value of about so many bytes.
func note(size int) string { return "payroll" + strings.Repeat("x", size) }

func createOperation(size int) *operation {
	reply := &usersv1.CreateApiSessionResponse{ApiSession: newSession()}
	return &operation{method: "CreateApiSession", verb: http.MethodPost, path: "/users/session/api", status: http.StatusOK, answer: sessionText,
		body:  `{"isUnlimitedExpiration":false,"labels":{"team":"` + note(size) + `"}}`,
		reply: reply, newReply: func() proto.Message { return &usersv1.CreateApiSessionResponse{} },
		untranslated: func() { reply.GetApiSession().SessionType = 0 }}
}

func listOperation(n int) *operation {
	reply := &usersv1.ListApiSessionsResponse{ApiSessions: slices.Repeat([]*usersv1.ApiSession{newSession()}, n)}
	return &operation{method: "ListApiSessions", verb: http.MethodGet, path: "/users/session/api", status: http.StatusOK, answer: listText(n),
		reply: reply, newReply: func() proto.Message { return &usersv1.ListApiSessionsResponse{} },
		untranslated: func() {
			for _, session := range reply.GetApiSessions() {
				session.SessionType = 0
			}
		}}
}
