package faults

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// canary stands in every path id, body and credential that the tests send, and
// in what a broken upstream says: it must not be seen anywhere else.
const canary = "canary-5f0c"

// kind is what an operation's success holds, by the contract's table.
type kind int

const (
	object   kind = iota // always an object
	list                 // always an array
	optional             // a session, or nothing
	nothing              // nothing that anybody reads
)

var kinds = map[string]kind{
	"ListApiSessions": list, "ListGrantedSubscriberSubscriptionGrants": list,
	"DeleteSession": nothing, "BeginOtpVerification": nothing,
	"GetSession": optional, "CompleteOtpVerification": optional, "CreatePendingSession": optional,
	"CreateSession": optional, "CreateRequestingUserSession": optional,
}

// someSession is an answer for the operations whose example has none.
const someSession = `{"expiration":"e","sessionType":"User","token":"` + canary + `"}`

// operation is one of the 21 with a valid call of it.
type operation struct {
	rpc        string
	kind       kind
	verb, path string
	body       string // empty: none
	request    proto.Message
	response   protoreflect.MessageType
	answer     string // a valid one
}

func (o *operation) isGet() bool { return o.verb == "GET" }

// operations makes a call of each operation of the first golden case that goes
// by both protocols, all its texts replaced by the canary.
func operations(t *testing.T) []*operation {
	t.Helper()
	methods := facadetest.Descriptor.Methods()
	all := make([]*operation, methods.Len())
	for i := range all {
		all[i] = readOperation(t, methods.Get(i))
	}
	if len(all) != 21 {
		t.Fatalf("%d operations, want 21", len(all))
	}
	return all
}

func readOperation(t *testing.T, method protoreflect.MethodDescriptor) *operation {
	t.Helper()
	var cases []struct {
		REST *struct {
			Method, Path string
			Body         any
		}
		GRPC    map[string]any
		Answers struct{ Body json.RawMessage } `json:"upstream_answers"`
	}
	text, err := os.ReadFile(filepath.Join("..", "golden", string(method.Name())+".json"))
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.REST == nil || c.GRPC == nil {
			continue
		}
		o := &operation{rpc: string(method.Name()), kind: kinds[string(method.Name())], verb: c.REST.Method, answer: string(c.Answers.Body)}
		if o.answer == "" {
			o.answer = someSession
		}
		o.path = c.REST.Path
		if id, ok := c.GRPC["id"].(string); ok {
			o.path = strings.Replace(o.path, "/"+id, "/"+canary, 1)
			c.GRPC["id"] = canary
		}
		var spoken []string
		for _, one := range texts(c.REST.Body) {
			if slices.Contains(texts(c.GRPC), one) { // not an enum's word, which differs
				spoken = append(spoken, one)
			}
		}
		if c.REST.Body != nil {
			o.body = marshal(t, replace(c.REST.Body, spoken))
		}
		o.request = newMessage(t, method.Input())
		if err := protojson.Unmarshal([]byte(marshal(t, replace(c.GRPC, spoken))), o.request); err != nil {
			t.Fatal(err)
		}
		o.response = newMessage(t, method.Output()).ProtoReflect().Type()
		return o
	}
	t.Fatalf("%s has no golden case for both ports", method.Name())
	return nil
}

func newMessage(t *testing.T, desc protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	messageType, err := protoregistry.GlobalTypes.FindMessageByName(desc.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return messageType.New().Interface()
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// texts are all strings in a JSON value.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case map[string]any:
		var all []string
		for _, member := range v {
			all = append(all, texts(member)...)
		}
		return all
	}
	return nil
}

// replace puts the canary in the place of some strings in a JSON value.
func replace(value any, old []string) any {
	switch v := value.(type) {
	case string:
		if slices.Contains(old, v) {
			return canary
		}
	case map[string]any:
		for name, member := range v {
			v[name] = replace(member, old)
		}
	}
	return value
}
