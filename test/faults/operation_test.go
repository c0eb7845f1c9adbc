package faults

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/wingspan-grpc/session-facade/test/contract"
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

// kindOf is the kind of an operation by its row of the contract.
func kindOf(o contract.Operation) kind {
	switch {
	case o.Result == "":
		return nothing
	case strings.HasPrefix(o.Response, "[]"):
		return list
	case o.MayBeEmpty():
		return optional
	default:
		return object
	}
}

// someSession is a response for the operations whose example has none.
const someSession = `{"expiration":"e","sessionType":"User","token":"` + canary + `"}`

// operation is an RPC with a valid call of it.
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
	var all []*operation
	for i := range methods.Len() {
		if o := readOperation(t, methods.Get(i)); o != nil {
			all = append(all, o)
		}
	}
	return all
}

// readOperation is nil where the RPC has no golden cases or no row of the contract.
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
	row, listed := contract.ByRPC()[string(method.Name())]
	text, err := os.ReadFile(filepath.Join("..", "golden", string(method.Name())+".json"))
	if errors.Is(err, fs.ErrNotExist) || !listed {
		return nil // package test tells
	}
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
		o := &operation{rpc: string(method.Name()), kind: kindOf(row), verb: c.REST.Method, answer: string(c.Answers.Body)}
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
	t.Fatalf("test/golden/%s.json has no case for both protocols", method.Name())
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
