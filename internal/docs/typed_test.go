package docs

import (
	"encoding/json"
	"net/http"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// TestTyped_SaysWhatTheContractDoes: of every RPC and of every field, with its comment.
// The examples are requests, in Protobuf's JSON.
func TestTyped_SaysWhatTheContractDoes(t *testing.T) {
	t.Parallel()
	var document struct {
		Name    string
		Methods []struct {
			typedMethod
			Example json.RawMessage `json:"example"`
		}
	}
	response := ask(t, http.MethodGet, Path+"/typed.json")
	if err := json.Unmarshal(response.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	service := usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().ByName("SessionAndAuthenticationService")
	if document.Name != string(service.FullName()) || len(document.Methods) != service.Methods().Len() {
		t.Fatalf("%s with %d methods", document.Name, len(document.Methods))
	}
	for i, got := range document.Methods {
		method := service.Methods().Get(i)
		if got.Name != string(method.Name()) || got.Comment == "" {
			t.Errorf("%s is shown as %s: %q", method.Name(), got.Name, got.Comment)
		}
		if err := protojson.Unmarshal(got.Example, dynamicpb.NewMessage(method.Input())); err != nil {
			t.Errorf("%s: %s: %v", method.Name(), got.Example, err)
		}
		checkFields(t, method.Input(), got.Request)
		checkFields(t, method.Output(), got.Response)
	}
}

func checkFields(t *testing.T, message protoreflect.MessageDescriptor, fields []typedField) {
	t.Helper()
	shown := map[string]typedField{}
	for _, field := range fields {
		shown[field.Path] = field
		if field.Comment == "" || field.Type == "" {
			t.Errorf("%s: %s has type %q and comment %q", message.Name(), field.Path, field.Type, field.Comment)
		}
	}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		options, _ := proto.Clone(field.Options()).(*descriptorpb.FieldOptions)
		if got, ok := shown[field.JSONName()]; !ok || got.Secret != options.GetDebugRedact() {
			t.Errorf("%s is shown as %+v", field.FullName(), got)
		}
	}
}
